-- What the service's statements use of SQLite's dialect, in PostgreSQL's words. Run once in each schema.
-- A value in JSON: it becomes a number or a text where one is needed, as in SQLite.
CREATE TYPE cell AS (json jsonb);
CREATE FUNCTION cell_text(cell) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN ($1).json #>> '{}';
CREATE FUNCTION cell_integer(cell) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE ($1).json WHEN 'true' THEN 1 WHEN 'false' THEN 0 ELSE (($1).json #>> '{}')::numeric::bigint END;
CREATE FUNCTION cell_real(cell) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (($1).json #>> '{}')::double precision;
CREATE CAST (cell AS text) WITH FUNCTION cell_text(cell) AS IMPLICIT;
CREATE CAST (cell AS bigint) WITH FUNCTION cell_integer(cell) AS IMPLICIT;
CREATE CAST (cell AS double precision) WITH FUNCTION cell_real(cell) AS IMPLICIT;
-- The items of an array.
CREATE FUNCTION json_each(text) RETURNS TABLE (key bigint, value cell) LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 200
    AS $$ SELECT place - 1, ROW(item)::cell FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS items (item, place) $$;
CREATE FUNCTION cell_at(cell, integer) RETURNS cell LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN ROW(($1).json -> $2)::cell;
CREATE FUNCTION cell_at(cell, text) RETURNS cell LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN ROW(($1).json -> $2)::cell;
CREATE FUNCTION cell_at(text, integer) RETURNS cell LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN ROW($1::jsonb -> $2)::cell;
CREATE FUNCTION cell_at(text, text) RETURNS cell LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN ROW($1::jsonb -> $2)::cell;
CREATE OPERATOR ->> (LEFTARG = cell, RIGHTARG = integer, FUNCTION = cell_at);
CREATE OPERATOR ->> (LEFTARG = cell, RIGHTARG = text, FUNCTION = cell_at);
CREATE OPERATOR ->> (LEFTARG = text, RIGHTARG = integer, FUNCTION = cell_at);
CREATE OPERATOR ->> (LEFTARG = text, RIGHTARG = text, FUNCTION = cell_at);
CREATE FUNCTION json_extract(text, text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN $1::jsonb #>> string_to_array(substr($2, 3), '.');
CREATE FUNCTION instr(bytea, bytea) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN position($2 in $1);
-- Seconds since 1970 of a date are the one use.
CREATE FUNCTION strftime(text, text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE $1 WHEN '%s' THEN extract(epoch from $2::timestamp)::bigint::text END;
-- For people's own queries.
CREATE FUNCTION today() RETURNS date LANGUAGE sql STABLE PARALLEL SAFE RETURN (now() AT TIME ZONE 'UTC')::date;
CREATE FUNCTION plumbline_dialect_1() RETURNS boolean LANGUAGE sql IMMUTABLE RETURN true;
