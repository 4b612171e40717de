-- The log of one account, what its appends decide by, and the one function that appends.
-- {log} is the account's schema. The events table has the shape of the eventsourcing library.

CREATE TABLE {log}.events (
    originator_id uuid NOT NULL,
    originator_version bigint NOT NULL,
    topic text,
    state bytea,
    notification_id bigserial,
    PRIMARY KEY (originator_id, originator_version)
) WITH (
    autovacuum_vacuum_threshold = 100000000,
    autovacuum_vacuum_scale_factor = 0.5,
    autovacuum_analyze_threshold = 1000,
    autovacuum_analyze_scale_factor = 0.01
);
CREATE UNIQUE INDEX events_notification_id_idx ON {log}.events (notification_id);

-- One row. Appends decided under another authority number are refused as stale.
-- The counter is a projection of the log: the units of calls above period_position.
CREATE TABLE {log}.account (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    authority bigint NOT NULL DEFAULT 1,
    budget_limit bigint NOT NULL DEFAULT 0,
    used bigint NOT NULL DEFAULT 0,
    period date NOT NULL,
    period_position bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 10);
INSERT INTO {log}.account (period) VALUES (date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC'));

-- Approvals of apps: each with its code, and with all that was issued for it, which goes with it.
CREATE TABLE {log}.grants (
    id uuid PRIMARY KEY,
    consent uuid NOT NULL,
    agent uuid NOT NULL,
    client_id text NOT NULL,
    client_name text NOT NULL,
    redirect_uri text NOT NULL,
    redirect_given boolean NOT NULL,
    scopes text[] NOT NULL,
    resource text NOT NULL,
    challenge text NOT NULL,
    code_digest bytea NOT NULL UNIQUE,
    code_expires_at timestamptz NOT NULL,
    redeemed_at timestamptz,
    -- When all that was issued for it is past its time.
    until timestamptz NOT NULL
);
CREATE INDEX grants_consent_idx ON {log}.grants (consent);
CREATE INDEX grants_client_idx ON {log}.grants (client_id);
CREATE INDEX grants_until_idx ON {log}.grants (until);

-- Refresh tokens, also those that were rotated: who comes with one of them is a thief, or was robbed.
CREATE TABLE {log}.refresh_tokens (
    digest bytea PRIMARY KEY,
    grant_id uuid NOT NULL REFERENCES {log}.grants ON DELETE CASCADE,
    idle_until timestamptz NOT NULL,
    until timestamptz NOT NULL,
    rotated_at timestamptz,
    successor bytea,
    -- The answer of that time, which the token itself opens and nothing here.
    sealed bytea
);
CREATE INDEX refresh_tokens_grant_idx ON {log}.refresh_tokens (grant_id);
CREATE INDEX refresh_tokens_successor_idx ON {log}.refresh_tokens (successor);

-- Clients that registered themselves (RFC 7591): most are never heard of again, so no facts.
CREATE TABLE {log}.oauth_clients (
    client_id text PRIMARY KEY,
    client text NOT NULL,
    fingerprint bytea UNIQUE,
    network text NOT NULL,
    registered_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX oauth_clients_network_idx ON {log}.oauth_clients (network, registered_at);

-- Clients' metadata documents as they were fetched last.
CREATE TABLE {log}.client_documents (
    client_id text PRIMARY KEY,
    client text NOT NULL,
    fetched_at timestamptz NOT NULL,
    fresh_until timestamptz NOT NULL
);

-- Secrets that open the door now: digests of those not revoked.
CREATE TABLE {log}.credentials (
    digest bytea PRIMARY KEY,
    kind text NOT NULL,
    credential uuid NOT NULL,
    agent uuid NOT NULL,
    scopes text[] NOT NULL,
    since timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    grant_id uuid REFERENCES {log}.grants ON DELETE CASCADE
);
CREATE INDEX credentials_agent_idx ON {log}.credentials (agent);
CREATE INDEX credentials_grant_idx ON {log}.credentials (grant_id) WHERE grant_id IS NOT NULL;

-- Written about once a minute and credential, so no part of the log.
CREATE TABLE {log}.last_used (
    credential uuid PRIMARY KEY,
    used_at timestamptz NOT NULL
);

-- Hashes by argon2id. Nothing else in the database comes from a person's password.
CREATE TABLE {log}.passwords (
    agent uuid PRIMARY KEY,
    hash text NOT NULL
);

-- Attempts to sign in, by a digest of the account or network that is tried; a day after, forgotten.
CREATE TABLE {log}.attempts (
    key bytea PRIMARY KEY,
    failures integer NOT NULL,
    last_at timestamptz NOT NULL
);
CREATE INDEX attempts_last_at_idx ON {log}.attempts (last_at);

-- Requests in the minute that runs, by credential or address; lost with a crash, and no harm done.
CREATE UNLOGGED TABLE {log}.rates (
    key text PRIMARY KEY,
    minute timestamptz NOT NULL,
    taken integer NOT NULL
);

CREATE SEQUENCE {log}.ticket_number;

-- Applies what a fact changes in the inline tables; true when it turns the authority number.
CREATE FUNCTION {log}.apply_effects(effects jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM {log}.credentials
    WHERE kind = 'session' AND agent IN (
        SELECT a::uuid FROM jsonb_array_elements_text(coalesce(effects -> 'sign_out', '[]')) AS a
    );
    INSERT INTO {log}.credentials (digest, kind, credential, agent, scopes, since, expires_at)
    SELECT decode(p.digest, 'hex'), p.kind, p.credential, p.agent, p.scopes, p.since, p.expires_at
    FROM jsonb_to_recordset(coalesce(effects -> 'admit', '[]')) AS p (
        digest text, kind text, credential uuid, agent uuid, scopes text[], since timestamptz,
        expires_at timestamptz
    );
    INSERT INTO {log}.passwords (agent, hash)
    SELECT p.agent, p.hash
    FROM jsonb_to_record(effects -> 'password') AS p (agent uuid, hash text) WHERE effects ? 'password'
    ON CONFLICT (agent) DO UPDATE SET hash = excluded.hash;
    DELETE FROM {log}.credentials
    WHERE digest IN (
        SELECT decode(d, 'hex') FROM jsonb_array_elements_text(coalesce(effects -> 'expel', '[]')) AS d
    );
    -- Whoever redeems or rotates holds the grant's row: this waits, and takes what came of it along.
    IF effects ?| ARRAY['end_consents', 'end_grants', 'end_clients'] THEN
        DELETE FROM {log}.grants
        WHERE consent = ANY (ARRAY(
            SELECT c::uuid FROM jsonb_array_elements_text(effects -> 'end_consents') AS c
        )) OR id = ANY (ARRAY(
            SELECT g::uuid FROM jsonb_array_elements_text(effects -> 'end_grants') AS g
        )) OR client_id = ANY (ARRAY(
            SELECT jsonb_array_elements_text(effects -> 'end_clients')
        ));
    END IF;
    INSERT INTO {log}.grants (
        id, consent, agent, client_id, client_name, redirect_uri, redirect_given, scopes, resource,
        challenge, code_digest, code_expires_at, until
    )
    SELECT g.id, g.consent, g.agent, g.client_id, g.client_name, g.redirect_uri, g.redirect_given,
        g.scopes, g.resource, g.challenge, decode(g.code_digest, 'hex'), g.code_expires_at,
        g.code_expires_at
    FROM jsonb_to_record(effects -> 'grant') AS g (
        id uuid, consent uuid, agent uuid, client_id text, client_name text, redirect_uri text,
        redirect_given boolean, scopes text[], resource text, challenge text, code_digest text,
        code_expires_at timestamptz
    ) WHERE effects ? 'grant';
    RETURN coalesce((effects -> 'turns_authority')::boolean, false);
END
$$;

-- Stores a batch of requests, each whole or not at all, in order.
--
-- Requests (one element each): authority number (0 inside the house) and expiry of the caller (in
-- microseconds since 1970), units to charge, the stream of a claimed idempotency key (or the nil
-- UUID), and changes of the inline tables as JSON (or nothing). No NULLs: the arrays go in binary.
-- Rows: the request they belong to (from 1) and their kind: 0 is stored when the request is granted,
-- 1 when the budget refuses it, 2 is only a guard (its version must be free).
-- No two requests of a batch may share a (stream, version): the caller sees to it.
--
-- Verdicts: 0 stored, 1 stale authority, 2 expired, 3 key repeated, 4 conflict, 5 over budget.
-- Positions are contiguous from first_position in row order. previous_position is the log's end
-- before. May be called last in a transaction of the caller's own.
CREATE FUNCTION {log}.append(
    r_authority bigint[], r_expires bigint[], r_units integer[], r_claim uuid[], r_effects text[],
    e_request integer[], e_kind integer[],
    e_stream uuid[], e_version bigint[], e_topic text[], e_state bytea[],
    OUT verdicts smallint[], OUT first_position bigint, OUT previous_position bigint,
    OUT authority bigint, OUT budget_limit bigint, OUT used bigint, OUT period date
) LANGUAGE plpgsql
-- One plan for ever, by the index: on a fresh table a plan would scan it for every probe, and for
-- short batches PostgreSQL would plan each time anew, at a third of the whole cost.
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan
SET lock_timeout = '5s'
AS $$
#variable_conflict use_variable
DECLARE
    now timestamptz;
    microseconds bigint;
    this_period date;
    period_position bigint;
    was {log}.account;
    taken integer[];
    repeated integer[];
    verdict smallint;
    last_position bigint;
    stored bigint;
BEGIN
    -- Ids rise in commit order because whoever draws them holds this lock until it has committed.
    -- No lock of the table itself: vacuum and analyze would hold up the appends, or the other way.
    PERFORM pg_advisory_xact_lock(hashtextextended({append_lock}, 0));
    now := clock_timestamp();
    microseconds := extract(epoch FROM now) * 1000000;
    SELECT a.* INTO STRICT was FROM {log}.account a;
    authority := was.authority;
    budget_limit := was.budget_limit;
    used := was.used;
    period := was.period;
    period_position := was.period_position;
    SELECT coalesce(max(e.notification_id), 0) INTO previous_position FROM {log}.events e;
    this_period := date_trunc('month', now AT TIME ZONE 'UTC');
    IF this_period > period THEN  -- never backwards, whatever the clock does
        used := 0;
        period := this_period;
        period_position := previous_position;
    END IF;

    SELECT array_agg(r.request), array_agg(r.request) FILTER (WHERE r.stream = r_claim[r.request])
    INTO taken, repeated
    FROM unnest(e_request, e_kind, e_stream, e_version) AS r (request, kind, stream, version)
    JOIN {log}.events e ON e.originator_id = r.stream AND e.originator_version = r.version
    WHERE r.kind <> 1;

    verdicts := array_fill(0::smallint, ARRAY[cardinality(r_units)]);
    FOR i IN 1 .. cardinality(r_units) LOOP
        verdict := CASE
            WHEN r_authority[i] <> authority AND r_authority[i] <> 0 THEN 1
            WHEN r_expires[i] <= microseconds THEN 2
            WHEN i = ANY (repeated) THEN 3
            WHEN i = ANY (taken) THEN 4
            WHEN r_units[i] > 0 AND used + r_units[i] > budget_limit THEN 5
            ELSE 0
        END;
        IF verdict = 0 THEN
            used := used + r_units[i];
            IF r_effects[i] <> '' THEN
                IF {log}.apply_effects(r_effects[i]::jsonb) THEN
                    authority := authority + 1;
                END IF;
                budget_limit := coalesce((r_effects[i]::jsonb -> 'limit')::bigint, budget_limit);
            END IF;
        ELSE
            verdicts[i] := verdict;
        END IF;
    END LOOP;

    WITH inserted AS (
        INSERT INTO {log}.events (originator_id, originator_version, topic, state)
        SELECT r.stream, r.version, r.topic, r.state
        FROM unnest(e_request, e_kind, e_stream, e_version, e_topic, e_state)
            WITH ORDINALITY AS r (request, kind, stream, version, topic, state, place)
        WHERE r.kind = CASE verdicts[r.request] WHEN 0 THEN 0 WHEN 5 THEN 1 END
        ORDER BY r.place
        RETURNING notification_id
    )
    SELECT min(notification_id), max(notification_id), count(*)
    INTO first_position, last_position, stored FROM inserted;
    IF last_position - first_position + 1 <> stored THEN
        RAISE EXCEPTION 'positions of a batch must be contiguous';
    END IF;

    IF (authority, budget_limit, used, period)
        IS DISTINCT FROM (was.authority, was.budget_limit, was.used, was.period) THEN
        UPDATE {log}.account a
        SET (authority, budget_limit, used, period, period_position)
            = (authority, budget_limit, used, period, period_position);
    END IF;
    IF stored > 0 THEN
        PERFORM pg_notify({log_channel}, last_position::text);
    END IF;
END
$$;
