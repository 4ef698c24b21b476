-- People.
CREATE TABLE people (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL
);

CREATE INDEX people_name ON people (name);

CREATE VIEW adults AS SELECT id, name FROM people;

CREATE FUNCTION twice(number INTEGER) RETURNS INTEGER AS $$
    SELECT number * 2;
$$ LANGUAGE sql;

SELECT count(*) FROM people;
