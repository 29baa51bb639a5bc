"""The tables of the hardship fund. What was booked stays as it was booked, on both engines, whoever writes:

an entry is refused unless the lines before it sum to zero, move what the entry says and belong to its community; a
line is refused once its entry stands; the balance of an account follows its lines and is never below zero.

Revision ID: 0019
Revises: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op

import app.core.models

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_ONLY_ADDED = ("fund_entry", "fund_line", "fund_donation", "fund_check", "fund_relative", "fund_event")
_UNBALANCED = (
    "(SELECT COALESCE(SUM(l.amount_fen), 1) FROM fund_line l WHERE l.entry_id = NEW.id) <> 0 "
    "OR NOT EXISTS (SELECT 1 FROM fund_line l JOIN fund_account a ON a.id = l.account_id "
    "WHERE l.entry_id = NEW.id AND a.key = 'fund' AND l.amount_fen = NEW.amount_fen) "
    "OR EXISTS (SELECT 1 FROM fund_line l JOIN fund_account a ON a.id = l.account_id "
    "WHERE l.entry_id = NEW.id AND a.community_id <> NEW.community_id)"
)
_SEALED = "EXISTS (SELECT 1 FROM fund_entry e WHERE e.id = NEW.entry_id)"
_FOLLOW = "UPDATE fund_account SET balance_fen = balance_fen + NEW.amount_fen WHERE id = NEW.account_id"


def upgrade() -> None:
    op.create_table(
        "fund_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
        sa.Column("balance_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("key <> 'fund' OR balance_fen >= 0", name=op.f("ck_fund_account_never_overspent")),
        sa.CheckConstraint(
            "key IN ('fund', 'donations', 'relief', 'condolence')", name=op.f("ck_fund_account_key_known")
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_fund_account_community_id_community")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_account")),
        sa.UniqueConstraint("community_id", "key", name=op.f("uq_fund_account_community_id_key")),
    )
    op.create_table(
        "fund_campaign",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("purpose", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("goal_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_fund_campaign_order")),
        sa.CheckConstraint("goal_fen >= 0", name=op.f("ck_fund_campaign_goal_not_negative")),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_fund_campaign_community_id_community")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_campaign")),
        sa.UniqueConstraint("community_id", "name", name=op.f("uq_fund_campaign_community_id_name")),
    )
    op.create_table(
        "fund_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("number", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("reference", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("reverses_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by_user_id", sa.Uuid(), nullable=True),
        sa.Column("by_name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.CheckConstraint(
            "((kind = 'donation') = (amount_fen > 0)) = (reverses_id IS NULL)", name=op.f("ck_fund_entry_direction")
        ),
        sa.CheckConstraint("kind IN ('donation', 'relief', 'condolence')", name=op.f("ck_fund_entry_kind_known")),
        sa.CheckConstraint("reverses_id IS NULL OR reason <> ''", name=op.f("ck_fund_entry_reversed_with_reason")),
        sa.CheckConstraint("amount_fen <> 0", name=op.f("ck_fund_entry_amount_not_zero")),
        sa.ForeignKeyConstraint(
            ["by_user_id"], ["user_account.id"], name=op.f("fk_fund_entry_by_user_id_user_account")
        ),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_fund_entry_community_id_community")),
        sa.ForeignKeyConstraint(["reverses_id"], ["fund_entry.id"], name=op.f("fk_fund_entry_reverses_id_fund_entry")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_entry")),
        sa.UniqueConstraint("community_id", "number", name=op.f("uq_fund_entry_community_id_number")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_fund_entry_reverses_id")),
    )
    with op.batch_alter_table("fund_entry", schema=None) as batch_op:
        batch_op.create_index("ix_fund_entry_book", ["community_id", "booked_on", "number"], unique=False)

    op.create_table(
        "fund_donation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("number", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("donor_kind", sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
        sa.Column("donor_name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("anonymous", sa.Boolean(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("method", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=True),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by_user_id", sa.Uuid(), nullable=True),
        sa.Column("by_name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.CheckConstraint("anonymous OR donor_name <> ''", name=op.f("ck_fund_donation_named_or_anonymous")),
        sa.CheckConstraint(
            "donor_kind IN ('member', 'resident', 'organization', 'other')", name=op.f("ck_fund_donation_donor_known")
        ),
        sa.CheckConstraint("method IN ('cash', 'transfer', 'mobile')", name=op.f("ck_fund_donation_method_known")),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_fund_donation_amount_positive")),
        sa.ForeignKeyConstraint(
            ["by_user_id"], ["user_account.id"], name=op.f("fk_fund_donation_by_user_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["fund_campaign.id"], name=op.f("fk_fund_donation_campaign_id_fund_campaign")
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_fund_donation_community_id_community")
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["fund_entry.id"], name=op.f("fk_fund_donation_entry_id_fund_entry")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_donation")),
        sa.UniqueConstraint("community_id", "number", name=op.f("uq_fund_donation_community_id_number")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_fund_donation_entry_id")),
    )
    with op.batch_alter_table("fund_donation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_fund_donation_campaign_id"), ["campaign_id"], unique=False)

    op.create_table(
        "fund_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_fen <> 0", name=op.f("ck_fund_line_amount_not_zero")),
        sa.ForeignKeyConstraint(["account_id"], ["fund_account.id"], name=op.f("fk_fund_line_account_id_fund_account")),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["fund_entry.id"],
            name=op.f("fk_fund_line_entry_id_fund_entry"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_line")),
        sa.UniqueConstraint("entry_id", "account_id", name=op.f("uq_fund_line_entry_id_account_id")),
    )
    with op.batch_alter_table("fund_line", schema=None) as batch_op:
        batch_op.create_index("ix_fund_line_account_id", ["account_id"], unique=False)

    op.create_table(
        "fund_relief",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("number", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("household_id", sa.Uuid(), nullable=True),
        sa.Column("resident_id", sa.Uuid(), nullable=True),
        sa.Column("purpose", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("situation", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
        sa.Column("reported_on", sa.Date(), nullable=False),
        sa.Column("notice_from", sa.Date(), nullable=True),
        sa.Column("notice_to", sa.Date(), nullable=True),
        sa.Column("requester_id", sa.Uuid(), nullable=False),
        sa.Column("approver_id", sa.Uuid(), nullable=True),
        sa.Column("payer_id", sa.Uuid(), nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("receipt_id", sa.Uuid(), nullable=True),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind <> 'condolence' OR NOT urgent", name=op.f("ck_fund_relief_only_relief_is_urgent")),
        sa.CheckConstraint(
            "kind <> 'relief' OR household_id IS NOT NULL", name=op.f("ck_fund_relief_relief_has_household")
        ),
        sa.CheckConstraint("kind IN ('relief', 'condolence')", name=op.f("ck_fund_relief_kind_known")),
        sa.CheckConstraint(
            "(entry_id IS NULL) = (receipt_id IS NULL)", name=op.f("ck_fund_relief_paid_against_a_receipt")
        ),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_fund_relief_amount_positive")),
        sa.CheckConstraint(
            "approver_id IS NULL OR approver_id <> requester_id", name=op.f("ck_fund_relief_approved_by_another")
        ),
        sa.CheckConstraint(
            "payer_id IS NULL OR (payer_id <> requester_id AND payer_id <> approver_id)",
            name=op.f("ck_fund_relief_paid_by_a_third"),
        ),
        sa.ForeignKeyConstraint(
            ["approver_id"], ["user_account.id"], name=op.f("fk_fund_relief_approver_id_user_account")
        ),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_fund_relief_community_id_community")),
        sa.ForeignKeyConstraint(["entry_id"], ["fund_entry.id"], name=op.f("fk_fund_relief_entry_id_fund_entry")),
        sa.ForeignKeyConstraint(["household_id"], ["household.id"], name=op.f("fk_fund_relief_household_id_household")),
        sa.ForeignKeyConstraint(["payer_id"], ["user_account.id"], name=op.f("fk_fund_relief_payer_id_user_account")),
        sa.ForeignKeyConstraint(["receipt_id"], ["attachment.id"], name=op.f("fk_fund_relief_receipt_id_attachment")),
        sa.ForeignKeyConstraint(
            ["requester_id"], ["user_account.id"], name=op.f("fk_fund_relief_requester_id_user_account")
        ),
        sa.ForeignKeyConstraint(["resident_id"], ["resident.id"], name=op.f("fk_fund_relief_resident_id_resident")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_relief")),
        sa.UniqueConstraint("community_id", "number", name=op.f("uq_fund_relief_community_id_number")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_fund_relief_entry_id")),
    )
    with op.batch_alter_table("fund_relief", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_fund_relief_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_fund_relief_household_id"), ["household_id"], unique=False)
        batch_op.create_index("ix_fund_relief_list", ["community_id", "state", "number"], unique=False)
        batch_op.create_index(batch_op.f("ix_fund_relief_resident_id"), ["resident_id"], unique=False)

    op.create_table(
        "fund_check",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("relief_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("checked_on", sa.Date(), nullable=False),
        sa.Column("findings", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("by_name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_fund_check_community_id_community")),
        sa.ForeignKeyConstraint(["relief_id"], ["fund_relief.id"], name=op.f("fk_fund_check_relief_id_fund_relief")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_fund_check_user_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_check")),
        sa.UniqueConstraint("relief_id", "user_id", name=op.f("uq_fund_check_relief_id_user_id")),
    )
    op.create_table(
        "fund_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("relief_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
        sa.Column("from_state", sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
        sa.Column("to_state", sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by_user_id", sa.Uuid(), nullable=True),
        sa.Column("by_name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("text", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["by_user_id"], ["user_account.id"], name=op.f("fk_fund_event_by_user_id_user_account")
        ),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_fund_event_community_id_community")),
        sa.ForeignKeyConstraint(["entry_id"], ["fund_entry.id"], name=op.f("fk_fund_event_entry_id_fund_entry")),
        sa.ForeignKeyConstraint(["relief_id"], ["fund_relief.id"], name=op.f("fk_fund_event_relief_id_fund_relief")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_event")),
        sa.UniqueConstraint("relief_id", "seq", name=op.f("uq_fund_event_relief_id_seq")),
    )
    op.create_table(
        "fund_relative",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("relief_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("relation", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_fund_relative_community_id_community")
        ),
        sa.ForeignKeyConstraint(["relief_id"], ["fund_relief.id"], name=op.f("fk_fund_relative_relief_id_fund_relief")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_fund_relative_user_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_relative")),
        sa.UniqueConstraint("relief_id", "user_id", name=op.f("uq_fund_relative_relief_id_user_id")),
    )

    for table in _ONLY_ADDED:
        _refuse_changes(table)
    _refuse_insert("fund_entry", "balanced", _UNBALANCED, "the lines of a fund_entry do not add up")
    _refuse_insert("fund_line", "sealed", _SEALED, "a fund_entry takes no more lines")
    _keep_balances()


def _refuse_changes(table: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ "
            f"BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {table}_refuse()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def _refuse_insert(table: str, name: str, condition: str, message: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE FUNCTION {table}_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ "
            f"BEGIN IF {condition} THEN RAISE EXCEPTION '{message}'; END IF; RETURN NEW; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_{name} BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_{name}()"
        )
        return
    op.execute(
        f"CREATE TRIGGER {table}_{name} BEFORE INSERT ON {table} WHEN {condition} "
        f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
    )


def _keep_balances() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE FUNCTION fund_line_balance() RETURNS trigger LANGUAGE plpgsql AS $$ "
            f"BEGIN {_FOLLOW}; RETURN NULL; END $$"
        )
        op.execute(
            "CREATE TRIGGER fund_line_balance AFTER INSERT ON fund_line "
            "FOR EACH ROW EXECUTE FUNCTION fund_line_balance()"
        )
        return
    op.execute(f"CREATE TRIGGER fund_line_balance AFTER INSERT ON fund_line BEGIN {_FOLLOW}; END")


def downgrade() -> None:
    for table in (
        "fund_relative",
        "fund_event",
        "fund_check",
        "fund_relief",
        "fund_line",
        "fund_donation",
        "fund_entry",
        "fund_campaign",
        "fund_account",
    ):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        made = [f"{table}_refuse" for table in _ONLY_ADDED]
        for function in (*made, "fund_entry_balanced", "fund_line_sealed", "fund_line_balance"):
            op.execute(f"DROP FUNCTION {function}()")
