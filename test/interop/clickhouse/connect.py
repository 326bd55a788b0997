"""Asks the store with clickhouse-connect's default settings, and prints a line for each thing it saw: name<TAB>value."""

import re
import sys

import clickhouse_connect

url, user, password, mode = sys.argv[1:5]


def client(**settings):
    return clickhouse_connect.get_client(dsn=f"{url}/signalbox", username=user, password=password, **settings)


def say(name, value):
    print(f"{name}\t{value}")


def refusal(run):
    """ClickHouse's number of the error."""
    try:
        run()
    except Exception as error:  # the client wraps all that the server says
        found = re.search(r"[Cc]ode: (\d+)", str(error))
        return found.group(1) if found else f"{type(error).__name__}: {error}"[:200]
    return "no error"


first = client()
say("version", first.server_version)
say("tables", bool(first.query("SHOW TABLES LIKE 'spans'").result_rows))
say("spans", first.query("SELECT count() > 0 FROM spans").result_rows[0][0])
rows = first.query("SELECT number, toString(number) FROM numbers(200000)").result_rows
say("rows", f"{len(rows)} {sum(row[0] for row in rows)}")
say("error", refusal(lambda: first.query("SELECT missing")))
if mode == "write":
    first.command("CREATE TABLE IF NOT EXISTS default.connect (a UInt32, b String) ENGINE = MergeTree ORDER BY a")
    values = [[i, f"it's \\ {i}"] for i in range(1000)]
    for coding in (True, "lz4", "zstd", "gzip", False):
        summary = client(compress=coding).insert("default.connect", values, column_names=["a", "b"])
        say(f"inserted with {coding}", summary.written_rows)
    answer = first.query("SELECT concat(toString(count()), ' ', toString(sum(a)), ' ', max(b)) FROM default.connect")
    say("written", answer.result_rows[0][0])
    first.command("DROP TABLE default.connect")
else:
    say("insert", refusal(lambda: first.command("INSERT INTO spans (name) VALUES ('x')")))
    say("drop", refusal(lambda: first.command("DROP TABLE spans")))
