-- The users of this server, each with its password of /run/secrets. Run by the image when the database is first made, and
-- by hand after the secrets were renewed (SECURITY.md): what is there already stays, and gets its password again.
-- What the roles may do is granted by the migrations (migrations/rights/rights.ts), which the owner of the tables runs.
\set postgres `cat /run/secrets/postgres`
\set migrator `cat /run/secrets/migrator`
\set order_service `cat /run/secrets/order_service`
\set outbox_relay `cat /run/secrets/outbox_relay`
\set auditor `cat /run/secrets/auditor`
-- Passwords must not come into the log with a statement that failed.
SET log_min_error_statement = panic;

SELECT format('CREATE ROLE %I %s', name, kind)
FROM (VALUES ('event_sync_order_api', 'NOLOGIN'), ('event_sync_relay', 'NOLOGIN'), ('event_sync_auditor', 'NOLOGIN'),
             ('migrator', 'LOGIN'), ('order_service', 'LOGIN'), ('outbox_relay', 'LOGIN'), ('auditor', 'LOGIN')) AS wanted (name, kind)
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec

ALTER ROLE postgres PASSWORD :'postgres';
ALTER ROLE migrator PASSWORD :'migrator';
ALTER ROLE order_service PASSWORD :'order_service';
ALTER ROLE outbox_relay PASSWORD :'outbox_relay';
ALTER ROLE auditor PASSWORD :'auditor';
ALTER ROLE auditor SET default_transaction_read_only = on;
GRANT event_sync_auditor TO auditor;
GRANT event_sync_order_api TO order_service;
GRANT event_sync_relay TO outbox_relay;

-- Tables belong to the migrator, who may not create roles, and whom no process logs in as.
ALTER DATABASE :"DBNAME" OWNER TO migrator;
REVOKE ALL ON DATABASE :"DBNAME", postgres, template1 FROM PUBLIC;
GRANT CONNECT ON DATABASE :"DBNAME" TO order_service, outbox_relay, auditor;
