/* The rules of the house (docs/decisions/0001-the-house.md), held by `npm run check`. */
const services = '^(order-service|outbox-relay|customer-service|auditor)/';

module.exports = {
  forbidden: [
    {
      name: 'contracts-import-nothing-of-ours',
      severity: 'error',
      from: { path: '^contracts/', pathNot: '\\.test\\.ts$' },
      to: {
        path: '^(platform|outbox|migrations|stack|integration|simulation|bench|order-service|outbox-relay|customer-service|auditor)/',
      },
    },
    {
      name: 'platform-and-outbox-know-no-service',
      severity: 'error',
      from: { path: '^(platform|outbox)/' },
      to: { path: `${services}|^(migrations|stack|integration|simulation|bench)/` },
    },
    {
      name: 'outbox-is-a-library-of-its-own',
      comment: 'A reader takes outbox/ without platform/ and without our contracts.',
      severity: 'error',
      from: { path: '^outbox/', pathNot: '\\.test\\.ts$' },
      to: { path: '^(platform|contracts)/' },
    },
    {
      name: 'services-never-import-each-other',
      severity: 'error',
      from: { path: '^(order-service|outbox-relay|customer-service|auditor)/' },
      to: { path: services, pathNot: '^$1/' },
    },
    {
      name: 'services-do-not-import-the-workshop',
      severity: 'error',
      from: { path: services, pathNot: '\\.test\\.ts$' },
      to: { path: '^(stack|integration|simulation|bench|migrations)/' },
    },
    {
      name: 'relay-knows-no-order-and-no-customer',
      severity: 'error',
      from: { path: '^outbox-relay/', pathNot: '\\.test\\.ts$' },
      to: { path: '^contracts/events/' },
    },
    {
      name: 'audit-checks-do-not-repair',
      comment: 'What reads cannot come to write: only once.ts joins the two.',
      severity: 'error',
      from: { path: '^auditor/(audit\\.ts|(checks|history|inbox|queues|cache|reading)/)' },
      to: { path: '^auditor/(repair|console)/' },
    },
    {
      name: 'use-cases-do-not-import-http-or-events',
      comment: 'http | events -> use case -> store',
      severity: 'error',
      from: { path: '^(order-service/orders|customer-service/customers)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^(order-service|customer-service)/(http|events)/' },
    },
    {
      name: 'express-only-at-the-http-edge',
      severity: 'error',
      from: { pathNot: '^(platform/|[^/]+/http/|[^/]+/app\\.ts$|bench/|integration/)' },
      to: { path: 'node_modules/(@types/)?express/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'broker-clients-only-at-the-broker-edge',
      severity: 'error',
      from: {
        pathNot:
          '^(platform/broker/|outbox-relay/publisher/|customer-service/events/|auditor/queues/|bench/|integration/|stack/)',
      },
      to: { path: 'node_modules/(@types/)?(rascal|amqplib)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'ioredis-only-in-platform',
      severity: 'error',
      from: { pathNot: '^(platform/|bench/|integration/|stack/)' },
      to: { path: 'node_modules/(@types/)?ioredis/', dependencyTypesNot: ['type-only'] },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      comment: 'A file nobody imports is dead, unless it is a program or a test.',
      severity: 'error',
      from: {
        orphan: true,
        pathNot: '(main\\.ts|\\.test\\.ts|\\.config\\.js|\\.cjs|\\.mjs|\\.d\\.m?ts)$',
      },
      to: {},
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(\\.local|coverage)' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
    exoticRequireStrings: [],
  },
};
