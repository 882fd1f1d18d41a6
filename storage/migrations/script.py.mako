"""${message}

Old code must be able to run on the result: add, do not rename; a column that is filled by new code only has a default.
Add the revision to ``storage.schema.REVISIONS``.
"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}
