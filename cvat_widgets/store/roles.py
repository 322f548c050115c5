"""Enforced roles on PostgreSQL: row-level security by ``session_user``, which a kernel cannot claim to be another.

The owner of the tables calls :func:`protect` once and :func:`add_member` for each person; these connect with an account of
their own, never as the owner. What is enforced:

=============  ====================================================================================================
annotator      reads tasks and the jobs of annotation; where the pictures are, only of tasks in which a job is theirs;
               writes annotations and state of jobs assigned to them that are in the stage ``annotation``; answers
               issues. Ground truth, honeypots and replicas of others are not there.
reviewer       reads everything; edits annotations, stage and state; opens, answers and resolves issues.
maintainer     everything but rewriting the logs.
=============  ====================================================================================================

Nobody but the owner deletes or rewrites an entry of the change log or event log, or signs one with another name. What the
payload of a log entry claims is not checked against the rows; the rows themselves are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cvat_widgets.errors import StoreError
from cvat_widgets.store.schema import metadata
from cvat_widgets.store.validation import WITH_ROLES

if TYPE_CHECKING:
    from cvat_widgets.store.raw import Raw
    from cvat_widgets.store.store import Store

__all__ = ["ROLES", "add_member", "protect", "renew"]

ROLES = ("annotator", "reviewer", "maintainer")
_PREFIX = "cvat_widgets_"

_FUNCTIONS = """
CREATE OR REPLACE FUNCTION cw_is(wanted text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT pg_has_role(session_user, 'cvat_widgets_maintainer', 'member')
      OR (wanted = 'reviewer' AND pg_has_role(session_user, 'cvat_widgets_reviewer', 'member'))
$$;
CREATE OR REPLACE FUNCTION cw_sees(wanted bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
  SELECT cw_is('reviewer') OR EXISTS (SELECT 1 FROM job WHERE id = wanted
    AND (type = 'annotation' OR (type = 'consensus_replica' AND assignee = session_user)))
$$;
CREATE OR REPLACE FUNCTION cw_writes(wanted bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
  SELECT cw_is('reviewer') OR EXISTS (SELECT 1 FROM job WHERE id = wanted
    AND type <> 'ground_truth' AND assignee = session_user AND stage = 'annotation')
$$;
CREATE OR REPLACE FUNCTION cw_sees_segment(wanted bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM job WHERE segment_id = wanted AND cw_sees(job.id))
$$;
CREATE OR REPLACE FUNCTION cw_sees_issue(wanted bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM issue WHERE id = wanted AND cw_sees(issue.job_id))
$$;
CREATE OR REPLACE FUNCTION cw_sees_media(wanted bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
  SELECT cw_is('reviewer') OR EXISTS (SELECT 1 FROM task WHERE id = wanted AND assignee = session_user)
    OR EXISTS (SELECT 1 FROM job WHERE task_id = wanted AND type <> 'ground_truth' AND assignee = session_user)
$$;
CREATE OR REPLACE FUNCTION cw_task_counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT (NEW.revision IN (OLD.revision, OLD.revision + 1)) OR NEW.next_id < OLD.next_id
     OR NEW.next_id > OLD.next_id + 10000000 THEN
    RAISE EXCEPTION 'revisions and ids only count up' USING ERRCODE = '42501';
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS cw_task_counts ON task;
CREATE TRIGGER cw_task_counts BEFORE UPDATE ON task FOR EACH ROW EXECUTE FUNCTION cw_task_counts();
"""

_OPEN = (
    "meta", "alembic_version", "user_account", "project", "project_labels", "task", "deleted_frame", "label", "attribute",
    "guide", "guide_asset", "job_lease", "model_run", "model_run_chunk",
)  # fmt: skip
"""Tables that everybody reads, and maintainers write."""

_HIDDEN = ("validation_frame", "honeypot", "quality_setting")

_OBJECTS = ("shape", "tag", "track")

_POLICIES: dict[str, dict[str, tuple[str, str]]] = {
    "task_media": {
        "SELECT": ("cw_sees_media(task_id)", ""),
        "ALL": ("cw_is('maintainer')", "cw_is('maintainer')"),
    },
    **{
        name: {
            "SELECT": ("cw_sees(job_id)", ""),
            "INSERT": ("", "cw_writes(job_id)"),
            "UPDATE": ("cw_writes(job_id)", "cw_writes(job_id)"),
            "DELETE": ("cw_writes(job_id)", ""),
        }
        for name in _OBJECTS
    },
    "job": {
        "SELECT": ("cw_sees(id)", ""),
        "INSERT": ("", "cw_is('maintainer')"),
        "UPDATE": ("cw_writes(id)", "cw_writes(id)"),
        "DELETE": ("cw_is('maintainer')", ""),
    },
    "segment": {
        "SELECT": ("cw_is('maintainer') OR cw_sees_segment(id)", ""),
        "INSERT": ("", "cw_is('maintainer')"),
        "UPDATE": ("cw_is('maintainer')", "cw_is('maintainer')"),
        "DELETE": ("cw_is('maintainer')", ""),
    },
    "change_set": {
        "SELECT": ("cw_is('reviewer') OR cw_sees(job_id)", ""),
        "INSERT": ("", "author = session_user AND (cw_is('reviewer') OR cw_writes(job_id))"),
        "UPDATE": ("author = session_user AND (cw_is('reviewer') OR cw_writes(job_id))", "author = session_user"),
    },
    "event": {
        "SELECT": ("cw_is('reviewer') OR (task_id IS NOT NULL AND job_id IS NOT NULL AND cw_sees(job_id))", ""),
        "INSERT": ("", "user_name = session_user AND (job_id IS NULL OR cw_sees(job_id))"),
    },
    "issue": {
        "SELECT": ("cw_sees(job_id)", ""),
        "INSERT": ("", "owner = session_user AND cw_is('reviewer')"),
        "UPDATE": ("cw_is('reviewer') OR cw_writes(job_id)", "cw_is('reviewer') OR cw_writes(job_id)"),
        "DELETE": ("cw_is('reviewer')", ""),
    },
    "comment": {
        "SELECT": ("cw_sees_issue(issue_id)", ""),
        "INSERT": ("", "owner = session_user AND cw_sees_issue(issue_id)"),
        "UPDATE": ("owner = session_user", "owner = session_user"),
        "DELETE": ("owner = session_user OR cw_is('maintainer')", ""),
    },
    "webhook": {"ALL": ("cw_is('maintainer')", "cw_is('maintainer')")},
    "setting": {"ALL": ("user_name = session_user", "user_name = session_user")},
    **{name: {"SELECT": ("cw_is('reviewer')", ""), "ALL": ("cw_is('maintainer')", "cw_is('maintainer')")} for name in _HIDDEN},
}

_GRANTS = {
    "annotator": {
        "task": "UPDATE (revision, next_id, updated)",
        "job": "UPDATE (state, updated)",
        **dict.fromkeys(_OBJECTS, "INSERT, UPDATE, DELETE"),
        "change_set": "INSERT, UPDATE (state)",
        "event": "INSERT",
        "issue": "UPDATE (updated)",
        "comment": "INSERT, UPDATE (message, updated), DELETE",
        "setting": "INSERT, UPDATE, DELETE",
    },
    "reviewer": {
        "job": "UPDATE (stage, state, updated)",
        "issue": "INSERT, UPDATE (resolved, updated, assignee, revision), DELETE",
    },
    "maintainer": {
        **dict.fromkeys(
            [name for name in metadata.tables if name not in ("meta", "change_set", "event", "setting")],
            "INSERT, UPDATE, DELETE",
        ),
    },
}


def protect(store: Store) -> None:
    """Install the roles, grants and policies; called again it renews them.

    Raises
    ------
    StoreError
        The store is not on PostgreSQL, this account does not own it, or it holds honeypots, which accounts cannot be kept
        from telling.
    """
    _check(store)
    with store.database.write() as raw:
        if raw.execute("SELECT 1 FROM honeypot LIMIT 1").fetchone():
            raise StoreError(WITH_ROLES, hint="Use the service of a JupyterHub, or remove the tasks that have them")
        renew(raw)


def renew(raw: Raw) -> None:
    """Install roles, grants and policies on a connection that is writing: what a newer schema has wants them, too."""
    names = [*metadata.tables, "alembic_version"]
    schema = '"' + str(raw.execute("SELECT current_schema()").fetchone()[0]).replace('"', '""') + '"'
    for role in ROLES:
        if not raw.execute("SELECT 1 FROM pg_roles WHERE rolname = ?", (_PREFIX + role,)).fetchone():
            raw.execute(f"CREATE ROLE {_PREFIX}{role} NOLOGIN")
    # What a role may do, those above it may, too.
    raw.execute(f"GRANT {_PREFIX}annotator TO {_PREFIX}reviewer")
    raw.execute(f"GRANT {_PREFIX}reviewer TO {_PREFIX}maintainer")
    raw.execute(_FUNCTIONS.replace("{schema}", schema))
    everybody = f"{_PREFIX}annotator"
    raw.execute(f"GRANT USAGE ON SCHEMA {schema} TO {everybody}")
    raw.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {everybody}")
    for name in names:
        raw.execute(f"REVOKE ALL ON {name} FROM PUBLIC")
        raw.execute(f"GRANT SELECT ON {name} TO {everybody}")
    for role, grants in _GRANTS.items():
        for name, rights in grants.items():
            raw.execute(f"GRANT {rights} ON {name} TO {_PREFIX}{role}")
    for name, policies in _POLICIES.items():
        raw.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        for action, (using, check) in policies.items():
            policy = f"cw_{name}_{action.lower()}"
            clauses = (f" USING ({using})" if using else "") + (f" WITH CHECK ({check})" if check else "")
            raw.execute(f"DROP POLICY IF EXISTS {policy} ON {name}")
            raw.execute(f"CREATE POLICY {policy} ON {name} FOR {action}{clauses}")


def add_member(store: Store, user: str, role: str, *, password: str | None = None) -> None:
    """Give a person an account with a role; an account that is there already gets this role instead of its former one.

    Parameters
    ----------
    user
        Name of the account: the one that annotations, comments and assignments carry.
    role
        ``annotator``, ``reviewer`` or ``maintainer``.
    password
        Of a new account; ``None`` where the server knows people otherwise (peer, certificates).
    """
    from psycopg import sql

    _check(store)
    if role not in ROLES:
        raise StoreError(f"{role!r} is not a role", hint=f"Use one of {', '.join(ROLES)}")
    if user.startswith((_PREFIX, "pg_")) or not user:
        raise StoreError(f"an account cannot be called {user!r}")
    with store.database.write() as raw:
        connection: Any = raw.connection  # type: ignore[attr-defined]  # PostgreSQL's
        name = sql.Identifier(user)
        row = raw.execute("SELECT rolsuper FROM pg_roles WHERE rolname = ?", (user,)).fetchone()
        if row and (row[0] or user == raw.execute("SELECT session_user").fetchone()[0]):
            raise StoreError(f"{user!r} owns the database: no rule holds for this account", hint="Use another account")
        if row is None:
            secret = sql.SQL(" PASSWORD {}").format(sql.Literal(password)) if password else sql.SQL("")
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(name) + secret)
        for each in ROLES:
            connection.execute(sql.SQL("REVOKE {} FROM {}").format(sql.Identifier(_PREFIX + each), name))
        connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(_PREFIX + role), name))


def _check(store: Store) -> None:
    if store.database.engine.dialect.name != "postgresql":
        raise StoreError("roles are enforced on PostgreSQL only", hint="In a file they are a matter of trust")
