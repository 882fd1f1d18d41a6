"""Which language a text is in: by its script, Latin and Cyrillic by their commonest small words. No model is loaded."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Final

_LOOKED_AT: Final = 4000
_FEWEST_LETTERS: Final = 6

# Ordered so that a script stands before one that it may be mixed with.
_SCRIPTS: Final = (
    ("ko", re.compile(r"[\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3]")),
    ("ja", re.compile(r"[\u3041-\u3096\u30a1-\u30fa\uff66-\uff9d]")),
    ("zh", re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")),
    ("ar", re.compile(r"[\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefe]")),
    ("he", re.compile(r"[\u05d0-\u05ea]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("th", re.compile(r"[\u0e01-\u0e5b]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("cyrillic", re.compile(r"[\u0400-\u052f]")),
    ("latin", re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")),
)
_ONE_HAN_SAYS_AS_MUCH_AS: Final = 3
"""Letters of an alphabet: a Chinese text full of English names is still Chinese."""

_ONE_SMALL_WORD_IN: Final = 15
"""In running text every third word is small; fewer than this many means a language that is not listed here."""

_SMALL_WORDS: Final = {
    "en": "the of and to in is for that on with as at by from was this are be has have it its will which you we they not but or if an",
    "fr": "le la les des du et en est une dans pour que qui sur au aux par avec pas plus ce cette ont sont l d",
    "es": "el la los las de del y en que es un una por con para se su al como más ha lo sus fue",
    "de": "der die das und in den von zu mit ist im für auf des ein eine dem nicht sich auch als wird bei",
    "it": "il la di che e in un una per con del della dei gli è non si sono da nel alla anche le",
    "pt": "o a os as de do da dos das e em que um uma para com não por no na se mais ao foi são",
    "nl": "de het een van en in is op te dat voor met zijn niet aan er om ook als bij door naar",
    "sv": "och att det i en som på är av för med till den har de inte om ett från kan",
    "da": "og at det i en som på er af for med til den har de ikke om et fra kan der",
    "pl": "i w na z do się że jest nie to o od po jak za przez dla oraz są tego",
    "tr": "ve bir bu için ile da de olarak daha çok en olan gibi sonra kadar ise",
    "id": "yang dan di ini itu dengan untuk dari pada dalam tidak akan ke oleh juga sebagai",
    "vi": "và của là các có cho được trong với một này không người những tại đã",
    "fi": "ja on ei että se oli myös ovat kun mutta hän tai joka sekä ole",
    "cs": "a v na se je že s z do to o i k ve pro jako by která také",
    "ro": "și în de la a cu pe care este o să nu din mai un pentru sunt",
    "ru": "и в не на с что по как из о для от к это за его был также при",
    "uk": "і в не на з що та до у за як для від про це його є також",
    "bg": "и в на не да се за от са е с по че ще към като това",
}
_LANGUAGES_OF: Final[dict[str, list[str]]] = {}
for _lang, _words in _SMALL_WORDS.items():
    for _word in dict.fromkeys(_words.split()):
        _LANGUAGES_OF.setdefault(_word, []).append(_lang)
_CYRILLIC: Final = frozenset({"ru", "uk", "bg"})
_WORD = re.compile(r"[^\W\d_]+")
_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}(?![A-Za-z0-9])")
_KNOWN_BY_SCRIPT: Final = frozenset({"zh", "ja", "ko", "ar", "he", "th", "hi", "el"})
_CHINESE: Final = {
    **dict.fromkeys(("cn", "sg", "my", "hans", "chs"), "zh-Hans"),
    **dict.fromkeys(("tw", "hk", "mo", "hant", "cht"), "zh-Hant"),
}


def detect(text: str) -> str | None:
    """BCP 47: zh-Hans, zh-Hant, zh (where the characters tell no difference), en, ja, …; None for too little text."""
    sample = text[:_LOOKED_AT]
    counts = {name: len(letters.findall(sample)) for name, letters in _SCRIPTS}
    alphabetic = counts["latin"] + counts["cyrillic"]
    han = counts["zh"] * _ONE_HAN_SAYS_AS_MUCH_AS
    if not any(counts.values()):
        return None
    # Japanese and Korean news is written with Han characters, too; every sentence has its own letters in it.
    if counts["ja"] * 8 > counts["zh"] and counts["ja"] * _ONE_HAN_SAYS_AS_MUCH_AS > alphabetic:
        return "ja"
    if counts["ko"] * 2 > counts["zh"] and counts["ko"] * _ONE_HAN_SAYS_AS_MUCH_AS > alphabetic:
        return "ko"
    if han > alphabetic:
        return han_script(sample)
    best = max(counts, key=lambda name: counts[name])
    if best in ("latin", "cyrillic"):
        return _by_small_words(sample, cyrillic=best == "cyrillic") if alphabetic >= _FEWEST_LETTERS else None
    return best


def han_script(text: str) -> str:
    """zh-Hans or zh-Hant by the characters that only one of the two has; zh when none or as many of both."""
    traditional, simplified = _script_characters()
    difference = sum((c in traditional) - (c in simplified) for c in text)
    return "zh-Hant" if difference > 0 else "zh-Hans" if difference < 0 else "zh"


@lru_cache(maxsize=1)
def _script_characters() -> tuple[frozenset[str], frozenset[str]]:
    lines = Path(__file__).with_name("t2s.tsv").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("\t") for line in lines if line.count("\t") == 1]
    traditional = frozenset(pair[0] for pair in pairs)
    return traditional, frozenset(pair[1] for pair in pairs) - traditional


def _by_small_words(sample: str, *, cyrillic: bool) -> str | None:
    words = _WORD.findall(sample.lower())
    tallies = Counter(
        lang for word in words for lang in _LANGUAGES_OF.get(word, ()) if (lang in _CYRILLIC) == cyrillic
    )
    best = max(tallies, key=lambda lang: tallies[lang], default=None)
    return best if best and tallies[best] * _ONE_SMALL_WORD_IN > len(words) else None


def settle(sample: str, declared: str | None) -> str | None:
    """A label is believed unless the script speaks against it: many Chinese sites run software that says 'en-us'."""
    seen = detect(sample)
    if declared is None or seen is None:
        return declared or seen
    if declared.partition("-")[0] == seen.partition("-")[0]:
        return seen if declared == "zh" else declared
    return seen if seen.partition("-")[0] in _KNOWN_BY_SCRIPT else declared


def as_tag(label: str | None) -> str | None:
    """A language as publishers label it, in BCP 47 spelling; Chinese by its script: zh-CN is zh-Hans, zh-TW zh-Hant."""
    match = _TAG.match((label or "").strip().replace("_", "-"))
    if match is None:
        return None
    language, *rest = match[0].split("-")
    if language.lower() in ("zh", "cn"):
        return _CHINESE.get(rest[0].lower() if rest else "cn" * (language.lower() == "cn"), "zh")
    return "-".join([language.lower(), *(_cased(part) for part in rest)])


def _cased(part: str) -> str:
    return part.upper() if len(part) == 2 else part.title() if len(part) == 4 else part.lower()
