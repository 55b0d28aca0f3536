import type { Knex } from 'knex';
import type { DatabaseName } from '../migrations.ts';
import { rights } from './rights.ts';

/**
 * Makes the rights of the roles exactly what `rights` says, in one transaction: nobody is without them meanwhile.
 *
 * Roles belong to the whole cluster. One that is missing is made, if the user may do that; an administrator can have
 * made it before. Without either, its rights are left out: whoever runs everything as one user, the owner of the
 * tables, needs none of this.
 *
 * @returns what was left out, for people
 */
export async function grantRights(knex: Knex, database: DatabaseName): Promise<string[]> {
  const left: string[] = [];
  const roles = Object.keys(rights[database]);
  const missing = await missingRoles(knex, roles);
  if (missing.length > 0) {
    const { rows } = await knex.raw<{ rows: { name: string; may: boolean }[] }>(
      'SELECT rolname AS name, rolcreaterole OR rolsuper AS may FROM pg_roles WHERE rolname = current_user',
    );
    if (rows[0]?.may) {
      for (const role of missing.splice(0)) await knex.raw(createRole(role));
    } else {
      left.push(
        `${missing.join(' and ')} got no rights: there is no such role, and ${rows[0]?.name} may not create one. ` +
          'That is well where every process logs in as the owner of the tables; else see SECURITY.md, "Roles".',
      );
    }
  }
  await knex.transaction(async (trx) => {
    for (const role of roles.filter((name) => !missing.includes(name))) {
      await trx.raw(revokeAll(role));
      for (const right of rights[database][role]!) await trx.raw(`GRANT ${right} TO ${role}`);
    }
  });
  return left;
}

/** Takes the roles away that nothing is left of: no right in any database of the cluster, and no member. */
export async function dropRoles(knex: Knex, database: DatabaseName): Promise<void> {
  for (const role of Object.keys(rights[database])) await knex.raw(dropRole(role));
}

async function missingRoles(knex: Knex, roles: readonly string[]): Promise<string[]> {
  const { rows } = await knex.raw<{ rows: { name: string }[] }>(
    `SELECT name FROM unnest(:roles::text[]) AS name WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)`,
    { roles: [...roles] },
  );
  return rows.map(({ name }) => name);
}

// Postgres has no CREATE ROLE IF NOT EXISTS, and another database of the cluster may be migrated at this moment.
const createRole = (role: string) => `
  DO $$ BEGIN
    CREATE ROLE ${role} NOLOGIN;
  EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
  END $$`;

// Of what is ours to grant. With those of a table go those of its columns.
const revokeAll = (role: string) => `
  DO $$
  DECLARE it record;
  BEGIN
    FOR it IN SELECT oid::regclass AS name, relkind FROM pg_class
              WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'S')
                AND pg_has_role(relowner, 'USAGE') AND relacl::text LIKE '%${role}=%' LOOP
      EXECUTE format('REVOKE ALL ON %s %s FROM ${role}', CASE it.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, it.name);
    END LOOP;
    FOR it IN SELECT DISTINCT attrelid::regclass AS name FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
              WHERE relnamespace = current_schema()::regnamespace AND pg_has_role(relowner, 'USAGE')
                AND attacl::text LIKE '%${role}=%' LOOP
      EXECUTE format('REVOKE ALL ON TABLE %s FROM ${role}', it.name);
    END LOOP;
    FOR it IN SELECT oid::regprocedure AS name FROM pg_proc
              WHERE pronamespace = current_schema()::regnamespace AND pg_has_role(proowner, 'USAGE')
                AND proacl::text LIKE '%${role}=%' LOOP
      EXECUTE format('REVOKE ALL ON FUNCTION %s FROM ${role}', it.name);
    END LOOP;
  END $$`;

const dropRole = (role: string) => `
  DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_auth_members JOIN pg_roles ON pg_roles.oid = roleid
                   WHERE rolname = '${role}' AND NOT (pg_get_userbyid(member) = current_user AND admin_option)) THEN
      DROP ROLE IF EXISTS ${role};
    END IF;
  EXCEPTION WHEN dependent_objects_still_exist OR insufficient_privilege THEN NULL;
  END $$`;
