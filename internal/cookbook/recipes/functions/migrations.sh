# Reads the migrations that a release brings.
# shellcheck disable=SC2154

# guard_migrations says which pending migrations take something from the code that still runs. It needs $python, $manage, $database,
# $level and $allow.
#
# It goes by Django's operations and not by their SQL, which for a new column on SQLite is a new table, and a DROP TABLE of the
# old one. SQL is read where there is nothing else: RunSQL, and operations that Django does not know.
guard_migrations() {
	of=$database level=$level allow=$allow "$python" "$manage" shell -v 0 -c '
import inspect, os, re, sys
from django.core.management import call_command, get_commands
from django.db import connections
from django.db.migrations import operations as known
from django.db.migrations.executor import MigrationExecutor
from django.db.models import UniqueConstraint
from django.db.models.fields import NOT_PROVIDED

of, level, allow = os.environ["of"], os.environ["level"], os.environ["allow"].split()
connection = connections[of]
postgres = connection.vendor == "postgresql"
created = set()  # tables that the old code knows nothing of


def model_of(state, label, name):
    return state.apps.get_model(label, name)


def wider(was, now):
    sizes = [re.fullmatch(r"(?:varchar|character varying)\(([0-9]+)\)", kind) for kind in (was, now)]
    return sizes[0] and (now in ("text", "longtext") or sizes[1] and int(sizes[1].group(1)) >= int(sizes[0].group(1)))


def indexed(field):
    return postgres and (field.db_index or field.unique)


def added(table, field):
    if field.many_to_many or field.column is None or getattr(field, "generated", False):
        return
    name = "%s.%s" % (table, field.column)
    if not field.null and getattr(field, "db_default", NOT_PROVIDED) is NOT_PROVIDED:
        yield "not-null", "adds %s, not null and with no default in the database: the old code can add no row" % name
    if indexed(field):
        yield "index", "adds an index of %s, which is not made concurrently" % name


def altered(table, was, now):
    if was.many_to_many or now.many_to_many:
        return
    name = "%s.%s" % (table, was.column)
    if was.column != now.column:
        yield "rename-column", "renames %s to %s" % (name, now.column)
    if was.null and not now.null:
        yield "not-null", "makes %s not null: the old code may write null" % name
    kinds = was.db_type(connection), now.db_type(connection)
    if None not in kinds and kinds[0] != kinds[1] and not wider(*kinds):
        yield "alter-type", "makes %s of type %s a %s" % (name, *kinds)
    if indexed(now) and not indexed(was):
        yield "index", "adds an index of %s, which is not made concurrently" % name


rules = [
    ("drop-table", r"^DROP TABLE "),
    ("drop-column", r"^ALTER TABLE .*\bDROP (?!CONSTRAINT|DEFAULT|NOT|INDEX|KEY|PRIMARY|FOREIGN|EXPRESSION|IDENTITY)"),
    ("rename", r"^ALTER TABLE .*\bRENAME (?!CONSTRAINT|INDEX|KEY)|^RENAME TABLE "),
    ("alter-type", r"^ALTER TABLE .*\b(ALTER (COLUMN )?\S+ (SET DATA )?TYPE|MODIFY|CHANGE) "),
    ("not-null", r"^ALTER TABLE .*\bSET NOT NULL\b"),
    ("not-null", r"^ALTER TABLE .*\bADD (?!CONSTRAINT)(?![^,]*\bDEFAULT\b)[^,]*\bNOT NULL\b"),
]
if postgres:
    rules.append(("index", r"^CREATE (UNIQUE )?INDEX (?!CONCURRENTLY)"))


def texts(sql):
    if isinstance(sql, str):
        return [sql]
    return [part if isinstance(part, str) else part[0] for part in sql or ()]


def read(sql):
    for text in texts(sql):
        text = re.sub(r"--[^\n]*|/\*.*?\*/", " ", text, flags=re.S)
        text = re.sub(chr(39) + "[^" + chr(39) + "]*" + chr(39), "?", text)  # what stands in quotes
        for statement in text.split(";"):
            statement = " ".join(statement.split())
            for kind, rule in rules:
                if re.search(rule, statement, re.I):
                    yield kind, statement[:120]


def findings(op, label, old, new):
    kind = type(op)
    if isinstance(op, known.SeparateDatabaseAndState):
        state = old.clone()
        for part in op.database_operations:
            before = state.clone()
            part.state_forwards(label, state)
            yield from findings(part, label, before, state)
    elif isinstance(op, known.RunSQL):
        yield from read(op.sql)
    elif isinstance(op, known.CreateModel):
        created.add(model_of(new, label, op.name)._meta.db_table)
    elif isinstance(op, known.DeleteModel):
        model = model_of(old, label, op.name)
        if op.allow_migrate_model(of, model) and model._meta.db_table not in created:
            yield "drop-table", "drops %s" % model._meta.db_table
    elif isinstance(op, (known.RenameModel, known.AlterModelTable)):
        names = (op.old_name, op.new_name) if isinstance(op, known.RenameModel) else (op.name, op.name)
        was, now = model_of(old, label, names[0]), model_of(new, label, names[1])
        tables = was._meta.db_table, now._meta.db_table
        if tables[0] in created:
            created.add(tables[1])
        elif op.allow_migrate_model(of, now) and tables[0] != tables[1]:
            yield "rename-table", "renames %s to %s" % tables
    elif hasattr(op, "model_name"):
        model = model_of(new, label, op.model_name)
        table = model._meta.db_table
        if table in created or not op.allow_migrate_model(of, model):
            return
        was = model_of(old, label, op.model_name)
        if isinstance(op, known.RemoveField):
            field = was._meta.get_field(op.name)
            if field.many_to_many and field.remote_field.through._meta.auto_created:
                yield "drop-table", "drops %s" % field.remote_field.through._meta.db_table
            elif field.column is not None:
                yield "drop-column", "drops %s.%s" % (table, field.column)
        elif isinstance(op, known.RenameField):
            yield from altered(table, was._meta.get_field(op.old_name), model._meta.get_field(op.new_name))
        elif isinstance(op, known.AlterField):
            yield from altered(table, was._meta.get_field(op.name), model._meta.get_field(op.name))
        elif isinstance(op, known.AddField):
            yield from added(table, model._meta.get_field(op.name))
        elif isinstance(op, known.AddIndex) and postgres and "Concurrently" not in kind.__name__:
            yield "index", "adds the index %s of %s, which is not made concurrently" % (op.index.name, table)
        elif isinstance(op, known.AddConstraint) and postgres and isinstance(op.constraint, UniqueConstraint):
            yield "index", "adds the index of %s to %s, which is not made concurrently" % (op.constraint.name, table)
    elif isinstance(op, known.AlterUniqueTogether) and postgres:
        model, was = model_of(new, label, op.name), model_of(old, label, op.name)
        if model._meta.db_table not in created and set(model._meta.unique_together) - set(was._meta.unique_together):
            yield "index", "adds an index to %s, which is not made concurrently" % model._meta.db_table
    elif not kind.__module__.startswith("django.") and not isinstance(op, known.RunPython) and op.reduces_to_sql and connection.vendor != "sqlite":
        with connection.schema_editor(collect_sql=True, atomic=False) as editor:
            op.database_forwards(label, editor, old, new)
        yield from read(editor.collected_sql)


def allowed(migration):
    # The kinds that its file allows; "all" where it names none, or the step allows it.
    full = "%s.%s" % (migration.app_label, migration.name)
    kinds = {"all"} if any(full == name or full.startswith(name + "_") for name in allow) else set()
    source = inspect.getsource(sys.modules[type(migration).__module__])
    for said in re.findall(r"^[ \t]*# *slipway: *allow\b(.*)$", source, re.M):
        kinds |= set(re.split(r"[ ,]+", said.strip())) if said.strip() else {"all"}
    return kinds


executor = MigrationExecutor(connection)
pending = [migration for migration, backwards in executor.migration_plan(executor.loader.graph.leaf_nodes())]
if not pending:
    print("slipway-note: no migration is pending")
    sys.exit()

names = []
if "lintmigrations" in get_commands():
    print("django-migration-linter reads the pending migrations", flush=True)
    ignored = [migration.name for migration in pending if "all" in allowed(migration)]
    options = {"ignore_name": ignored} if ignored else {}
    try:
        call_command("lintmigrations", unapplied_migrations=True, no_cache=True, database=of, **options)
    except SystemExit as ended:
        if ended.code:
            names.append("what django-migration-linter says above")
else:
    state = executor._create_project_state(with_applied_migrations=True)
    for migration in pending:
        fine = allowed(migration)
        for op in migration.operations:
            old = state.clone()
            op.state_forwards(migration.app_label, state)
            for kind, what in findings(op, migration.app_label, old, state):
                full = "%s.%s" % (migration.app_label, migration.name)
                if "all" in fine or kind in fine:
                    print("%s: %s (%s, allowed)" % (full, what, kind))
                    continue
                print("%s: %s (%s)" % (full, what, kind))
                if full not in names:
                    names.append(full)

if not names:
    print("slipway-note: %d pending, which the code that runs can live with" % len(pending))
elif level == "warn":
    print("slipway-note: the code that runs may not live with " + ", ".join(names[:8]) + (" and %d more" % (len(names) - 8) if len(names) > 8 else ""))
else:
    sys.exit("django/migrations-guard: the code that runs now, and is gone back to, may not live with " + ", ".join(names) + ". "
             "Add first, and remove in a later release; or allow it, by allow: [...] of the step or a line # slipway: allow in the migration")
'
}
