"""The query that ranks: which tickets answer some words best, in one statement of bounded work."""

from collections.abc import Callable
from typing import LiteralString

# Each word is looked up in the index of all words and in that of subjects. A word of fewer than 256
# tickets is rare. Words weigh more the rarer they are, in steps of powers of two (the bucket), so
# that one more ticket somewhere does not move the others. All tickets with a rare word compete, and
# of those with all common words, and of those with a word in the subject, the newest 512. The
# sixty most promising are scored exactly: the weights of their words, thrice in the subject, times
# the share of the asked weight that they cover. Where a word is in few tickets and in no subject
# it may be misspelled or cut short: subjects that look alike count for it.
#
# In a long log, words are looked up among the newest tickets first and then further back, until
# there are enough: the index knows the age of tickets as a word, and need not go through them all.
#
# What a search is narrowed by stands in place of $filters, for a row `s` of either table.

AGES: tuple[LiteralString, ...] = ("17", "19", "21", "23")
"""Stretches of the log that are looked through one after the other, in bits of their length."""

_PARSED: LiteralString = """
CASE WHEN word LIKE '%%*' AND numnode(plainto_tsquery('pg_catalog.english', word)) > 0
THEN (plainto_tsquery('pg_catalog.english', word)::text || ':*')::tsquery
ELSE plainto_tsquery('pg_catalog.english', word) END
"""
# Phrases are in `q` and not in `loose`: they cannot be checked by the index alone.
RULED: LiteralString = f"""
ruled AS MATERIALIZED (
    SELECT coalesce(string_agg(part, ' & '), '')::tsquery AS q,
        coalesce(string_agg(part, ' & ') FILTER (WHERE part NOT LIKE '%%<%%'), '')::tsquery AS loose,
        (string_agg(part, ' & ') FILTER (WHERE part LIKE '(%%<%%'))::tsquery AS phrase
    FROM (
        SELECT '(' || phraseto_tsquery('pg_catalog.english', phrase)::text || ')'
        FROM unnest(%(phrases)s::text[]) AS phrase
        UNION ALL
        SELECT '!(' || phraseto_tsquery('pg_catalog.english', word)::text || ')'
        FROM unnest(%(without)s::text[]) AS word
        UNION ALL
        SELECT '(' || ({_PARSED})::text || ')' FROM unnest(%(required)s::text[]) AS word
    ) AS parts (part)
    WHERE part NOT IN ('()', '!()')
)
"""
"""What each ticket found has to meet, as one tsquery."""


def _newest(age: LiteralString) -> LiteralString:
    """The newest stretch of an age, where the log has several."""
    return f"""CASE WHEN max(number) >> {age} > 1
        THEN format('''age {age}/%%s''', max(number) >> {age})::tsquery END AS of_{age}"""


def _within(column: LiteralString, age: LiteralString) -> LiteralString:
    # A condition of its own: within one tsquery, the index would look at the whole stretch.
    return f"AND {column} @@ (SELECT of_{age} FROM newest)" if age else ""


def _found(age: LiteralString, before: LiteralString) -> LiteralString:
    """Look words up within an age (or anywhere), unless there were enough `before`.

    How many tickets have a word is asked of all, who they are of those that the search narrows to:
    so that a search for few does not go through all that have a common word. (OFFSET 0 keeps the
    planner from looking up titles at each mention of them.)
    """
    return f"""
    SELECT x.place, x.word, x.q, t.titled,
        greatest(x.total, y.total, cardinality(t.titled)) AS total,
        CASE WHEN x.total >= 256 THEN x.anywhere ELSE y.anywhere END AS anywhere
    FROM {before} x CROSS JOIN LATERAL (
        SELECT CASE WHEN cardinality(x.titled) = 512 THEN x.titled ELSE ARRAY(
            SELECT s.number FROM {{views}}.subjects s
            WHERE s.title @@ x.q {_within("s.title", age)} $filters
            ORDER BY s.number DESC LIMIT 512
        ) END AS titled OFFSET 0
    ) t CROSS JOIN LATERAL (
        SELECT count(*) AS total, array_agg(number) FILTER (WHERE fits) AS anywhere
        FROM (
            SELECT s.number, true $filters AS fits FROM {{views}}.search s
            WHERE greatest(x.total, cardinality(t.titled)) < 256 AND numnode(x.q) > 0
                AND s.words @@ (x.q && (SELECT loose FROM ruled)) {_within("s.words", age)}
            LIMIT 256
        ) AS sample
    ) y"""


def _shared(age: LiteralString, before: LiteralString) -> LiteralString:
    """Look up who has all common words; within an age only where nothing rare is asked."""
    only = f"numnode(x.rare) = 0 {_within('s.words', age)}" if age else "true"
    return f"""
    SELECT qs, weights, total, rare, common, common_weight,
        CASE WHEN cardinality(numbers) >= 60 THEN numbers ELSE ARRAY(
            SELECT s.number FROM {{views}}.search s WHERE {only}
            AND s.words @@ (x.common && x.rare && (SELECT loose FROM ruled)) $filters
            ORDER BY s.number DESC LIMIT 512
        ) END AS numbers
    FROM {before} x"""


def _stages(
    name: LiteralString, stage: Callable[[LiteralString, LiteralString], LiteralString]
) -> LiteralString:
    """Chain a stage over the ages and then over all, from `name`_asked to `name`."""
    parts: list[LiteralString] = []
    before: LiteralString = f"{name}_asked"
    for age in AGES:
        parts.append(f"{name}_{age} AS MATERIALIZED ({stage(age, before)})")
        before = f"{name}_{age}"
    parts.append(f"{name} AS MATERIALIZED ({stage('', before)})")
    return ", ".join(parts)


RANKING: LiteralString = f"""
WITH {RULED}, newest AS MATERIALIZED (
    SELECT {", ".join([_newest(age) for age in AGES])} FROM {{views}}.search
), found_asked AS MATERIALIZED (
    SELECT place, word, {_PARSED} AS q, 0::int8 AS total, '{{{{}}}}'::int8[] AS anywhere,
        '{{{{}}}}'::int8[] AS titled
    FROM unnest(%(words)s::text[]) WITH ORDINALITY AS w (word, place)
), {_stages("found", _found)}, guessed AS MATERIALIZED (
    SELECT place, q, total, anywhere, titled, CASE
        WHEN total < 4 AND cardinality(titled) = 0 AND length(word) > 3 AND numnode(q) > 0
        THEN ARRAY(
            SELECT s.number FROM {{views}}.subjects s
            WHERE s.subject OPERATOR({{ext}}.%%>) found.word $filters
            ORDER BY {{ext}}.word_similarity(found.word, s.subject) DESC, s.number DESC LIMIT 256
        ) ELSE '{{{{}}}}' END AS alike
    FROM found
), counted AS MATERIALIZED (
    SELECT *, coalesce((%(buckets)s::int4[])[place], width_bucket(
        greatest(total, cardinality(alike)), '{{{{1,2,4,8,16,32,64,128,256}}}}'::int8[]
    )) AS bucket
    FROM guessed
), term AS MATERIALIZED (
    SELECT *, ('{{{{10.4,9.7,9.0,8.3,7.6,7.0,6.3,5.6,3.4}}}}'::float8[])[bucket] AS weight
    FROM counted WHERE bucket > 0 ORDER BY bucket, place LIMIT 8
), shared_asked AS MATERIALIZED (
    SELECT array_agg(q) AS qs, array_agg(weight) AS weights, sum(weight) AS total,
        coalesce(string_agg('(' || q::text || ')', '|') FILTER (WHERE bucket < 9), '')::tsquery
            AS rare,
        string_agg('(' || q::text || ')', '&') FILTER (WHERE bucket = 9)::tsquery AS common,
        sum(weight) FILTER (WHERE bucket = 9) AS common_weight, '{{{{}}}}'::int8[] AS numbers
    FROM term
), {_stages("shared", _shared)}, phrased AS MATERIALIZED (
    SELECT CASE WHEN cardinality(titled) >= 60 THEN titled WHEN titled IS NOT NULL THEN ARRAY(
        SELECT s.number FROM {{views}}.search s WHERE s.words @@ x.q $filters
        ORDER BY s.number DESC LIMIT 256
    ) END AS numbers
    FROM (
        SELECT q, CASE WHEN phrase IS NOT NULL THEN ARRAY(
            SELECT s.number FROM {{views}}.subjects u JOIN {{views}}.search s USING (ticket)
            WHERE u.title @@ ruled.phrase
                AND (numnode(ruled.loose) = 0 OR s.words @@ ruled.loose) $filters
            ORDER BY s.number DESC LIMIT 256
        ) END AS titled
        FROM ruled
    ) x
), sign AS (
    SELECT unnest(anywhere) AS number, weight AS words, 0 AS title, 0 AS alike
    FROM term WHERE bucket < 9
    UNION ALL
    SELECT unnest(titled), 0, weight, 0 FROM term
    UNION ALL
    SELECT unnest(alike), 0, 0, weight FROM term
    UNION ALL
    SELECT unnest(numbers), common_weight, 0, 0 FROM shared
    UNION ALL
    SELECT unnest(numbers), 0, 0, 0 FROM phrased
), promising AS MATERIALIZED (
    SELECT number, sum(alike) AS alike FROM sign, phrased
    WHERE phrased.numbers IS NULL OR number = ANY (phrased.numbers) GROUP BY number
    ORDER BY (sum(words) + 2 * sum(title) + 3 * sum(alike))
        * (greatest(sum(words), sum(title)) + sum(alike)) DESC, number DESC
    LIMIT 60
), document AS MATERIALIZED (
    -- In an array, words are fetched once and not once a term.
    SELECT s.ticket, s.number, u.title, ARRAY[s.words] AS words, p.alike
    FROM promising p JOIN {{views}}.search s USING (number) JOIN {{views}}.subjects u USING (ticket)
), scored AS (
    SELECT ticket, number, (
        SELECT (has.words + 2 * has.title + 3 * d.alike) * (has.words + d.alike) / shared.total
        FROM (
            SELECT coalesce(sum(weight) FILTER (WHERE d.words[1] @@ q), 0) AS words,
                coalesce(sum(weight) FILTER (WHERE d.title @@ q), 0) AS title
            FROM unnest(shared.qs, shared.weights) AS x (q, weight)
        ) AS has
    ) AS score
    FROM document d, shared, ruled WHERE numnode(ruled.q) = 0 OR d.words[1] @@ ruled.q
    UNION ALL
    SELECT s.ticket, s.number, 1000000
    FROM {{views}}.tickets t JOIN {{views}}.search s ON s.ticket = t.id
    WHERE t.code = ANY (%(codes)s) $filters
), ranked AS (
    SELECT ticket, number, max(score) AS score FROM scored GROUP BY ticket, number
)
SELECT ticket, score, number, (SELECT max(number) FROM {{views}}.search) AS newest,
    (SELECT array_agg(bucket ORDER BY place) FROM counted) AS buckets
FROM ranked WHERE (score, number) < (%(score)s, %(number)s)
ORDER BY score DESC, number DESC
"""
