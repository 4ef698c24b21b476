"""Copies the first row of a table so many times, each with an id of its own and a second older than the one before:
`multiply.py <sqlite file or postgres url> <table> <times>`. PostgreSQL is asked by `psql`."""

import sqlite3
import subprocess
import sys

target, table, times = sys.argv[1], sys.argv[2], int(sys.argv[3])
postgres = target.startswith("postgres")


def run(sql):
    if postgres:
        done = subprocess.run(["psql", target, "-v", "ON_ERROR_STOP=1", "-Atc", sql], check=True, capture_output=True, text=True)
        return done.stdout.split()
    with sqlite3.connect(target) as connection:
        return [name for (name,) in connection.execute(sql)]


if postgres:
    columns = run(
        "SELECT column_name FROM information_schema.columns "
        f"WHERE table_schema = current_schema() AND table_name = '{table}' AND is_generated = 'NEVER'"
    )
    identity, numbers = "gen_random_uuid()", f"SELECT n FROM generate_series(1, {times}) AS series(n)"
else:
    columns = run(f"SELECT name FROM pragma_table_info('{table}')")
    identity = "randomblob(16)"
    numbers = (
        f"WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < {times}) SELECT n FROM counted"
    )


def value(column):
    if column == "id":
        return identity
    return f"one.{column} - 1000 * n" if column.endswith("_at") else f"one.{column}"


run(
    f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(map(value, columns))} "
    f"FROM (SELECT * FROM {table} LIMIT 1) AS one CROSS JOIN ({numbers}) AS numbers"
)
run("ANALYZE")
