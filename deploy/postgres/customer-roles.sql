-- The users of this server, each with its password of /run/secrets. Run by the image when the database is first made, and
-- by hand after the secrets were renewed (SECURITY.md): what is there already stays, and gets its password again.
-- What the roles may do is granted by the migrations (migrations/rights/rights.ts), which the owner of the tables runs.
\set postgres `cat /run/secrets/postgres`
\set migrator `cat /run/secrets/migrator`
\set customer_web `cat /run/secrets/customer_web`
\set customer_worker `cat /run/secrets/customer_worker`
\set auditor `cat /run/secrets/auditor`
-- Passwords must not come into the log with a statement that failed.
SET log_min_error_statement = panic;

SELECT format('CREATE ROLE %I %s', name, kind)
FROM (VALUES ('event_sync_customer_web', 'NOLOGIN'), ('event_sync_customer_worker', 'NOLOGIN'),
             ('event_sync_auditor', 'NOLOGIN'), ('auditor', 'LOGIN'),
             ('migrator', 'LOGIN'), ('customer_web', 'LOGIN'), ('customer_worker', 'LOGIN')) AS wanted (name, kind)
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec

ALTER ROLE postgres PASSWORD :'postgres';
ALTER ROLE migrator PASSWORD :'migrator';
ALTER ROLE customer_web PASSWORD :'customer_web';
ALTER ROLE customer_worker PASSWORD :'customer_worker';
ALTER ROLE auditor PASSWORD :'auditor';
ALTER ROLE auditor SET default_transaction_read_only = on;
GRANT event_sync_auditor TO auditor;
GRANT event_sync_customer_web TO customer_web;
GRANT event_sync_customer_worker TO customer_worker;

-- Tables belong to the migrator, who may not create roles, and whom no process logs in as.
ALTER DATABASE :"DBNAME" OWNER TO migrator;
REVOKE ALL ON DATABASE :"DBNAME", postgres, template1 FROM PUBLIC;
GRANT CONNECT ON DATABASE :"DBNAME" TO customer_web, customer_worker, auditor;
