"""Names of months, hours of the day and time zones, as publishers print them."""

from __future__ import annotations

from typing import Final

# One line a language; names of a month are divided by a slash. Compared without case, accents and full stops.
_NAMES: Final = """
january/jan february/feb march/mar april/apr may june/jun july/jul august/aug september/sep/sept october/oct november/nov december/dec
janvier/janv fevrier/fevr/fev mars avril/avr mai juin juillet/juil aout septembre octobre novembre decembre
enero/ene febrero marzo abril/abr mayo junio julio agosto/ago septiembre/setiembre octubre noviembre diciembre/dic
januar/janner februar marz/maerz april mai juni juli august september oktober/okt november dezember/dez
gennaio/gen febbraio marzo aprile maggio/mag giugno/giu luglio/lug agosto settembre ottobre/ott novembre dicembre
janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro
januari februari maart/mrt april mei juni juli augustus september oktober november december
января/янв/январь февраля/фев/февраль марта/мар/март апреля/апр/апрель мая/май июня/июн/июнь июля/июл/июль августа/авг/август сентября/сен/сент/сентябрь октября/окт/октябрь ноября/ноя/ноябрь декабря/дек/декабрь
يناير فبراير مارس أبريل/ابريل مايو/ماي يونيو يوليو أغسطس/اغسطس سبتمبر أكتوبر/اكتوبر نوفمبر ديسمبر
stycznia lutego marca kwietnia maja czerwca lipca sierpnia wrzesnia pazdziernika listopada grudnia
januari februari mars april maj juni juli augusti september oktober november december
januar februar marts april maj juni juli august september oktober november desember
"""

MONTHS: Final[dict[str, int]] = {
    name: number
    for line in _NAMES.split("\n")
    for number, names in enumerate(line.split(), 1)
    for name in names.split("/")
}

AFTERNOON: Final = frozenset({"pm", "下午", "晚上", "傍晚", "오후", "午後"})
MORNING: Final = frozenset({"am", "上午", "早上", "凌晨", "清晨", "오전", "午前"})
NOON: Final = frozenset({"中午"})

# RFC 822 section 5.1, and the names that news agencies print. Hours east of Greenwich.
ZONES: Final[dict[str, float]] = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "west": 1, "bst": 1, "cet": 1, "mez": 1, "cest": 2, "mesz": 2,
    "eet": 2, "eest": 3, "msk": 3, "ist": 5.5, "hkt": 8, "sgt": 8, "jst": 9, "kst": 9, "aest": 10, "aedt": 11,
    "est": -5, "edt": -4, "et": -5, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7, "pt": -8,
    "akst": -9, "hst": -10,
}  # fmt: skip
