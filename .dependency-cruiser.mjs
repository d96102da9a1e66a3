/**
 * Who may import whom. The rooms are the stages of the work, and a change that needs a new direction changes this
 * table in the same commit, with the reason beside it. Type imports count like any other.
 */

/**
 * For each room of src: the other rooms (or single files of them) that it may import, and where code belongs that
 * wants more.
 */
export const rooms = {
  base: {
    may: [],
    belongs: 'base knows nothing of dingbus. Code that needs a model or a room belongs in that room.',
  },
  model: {
    may: ['base'],
    belongs:
      'model is plain data between rooms. Code that does something with it belongs in the room that does it.',
  },
  config: {
    may: ['model', 'base'],
    belongs:
      'config reads and checks files. Whatever compiles or runs what they say belongs in rules or app.',
  },
  ledger: {
    may: ['model', 'base'],
    belongs:
      'ledger stores and answers. Decisions about what is stored belong in intake, delivery, tracking or results.',
  },
  kafka: {
    may: ['model', 'base'],
    belongs: 'kafka moves records. What a record means belongs in events, what follows from it in intake.',
  },
  registry: {
    may: ['model', 'base'],
    belongs: 'registry reads and writes by schema. What an event is belongs in events.',
  },
  dingtalk: {
    may: ['base'],
    belongs: 'dingtalk could be published alone. What dingbus wants from it belongs in delivery or tracking.',
  },
  events: {
    may: ['model', 'base', 'registry'],
    belongs: 'events turns bytes into events. Whether an event matters belongs in rules.',
  },
  rules: {
    // What a message may hold and how its bytes are made is DingTalk's matter; those files of dingtalk are pure.
    may: ['model', 'base', 'config', 'dingtalk/(messages|message-fault|limits|links)\\.ts$'],
    belongs: 'rules is pure. Whatever remembers, waits or calls belongs in intake or delivery.',
  },
  intake: {
    may: ['model', 'base', 'events', 'rules', 'ledger'],
    belongs: 'intake ends at the ledger. Sending belongs in delivery, publishing in results.',
  },
  delivery: {
    may: ['model', 'base', 'dingtalk', 'ledger'],
    belongs:
      'delivery takes planned notifications from the ledger. Planning belongs in intake, asking for outcomes in tracking.',
  },
  tracking: {
    may: ['model', 'base', 'dingtalk', 'ledger'],
    belongs: 'tracking asks what became of deliveries. Sending belongs in delivery, publishing in results.',
  },
  results: {
    may: ['model', 'base', 'ledger'],
    belongs: 'results publishes what the ledger holds. Records reach Kafka through what app hands in.',
  },
  server: {
    may: ['model', 'base', 'ledger', 'rules'],
    belongs: 'server shows and takes orders. What an order does belongs in the room that the order is about.',
  },
  simulator: {
    may: ['base', 'dingtalk/(limits|codes)\\.ts$'],
    belongs:
      'The simulator must not share code with the client that it checks, apart from the documented numbers.',
  },
  app: {
    may: [
      ...'base model config ledger kafka registry dingtalk events rules intake delivery tracking'.split(' '),
      ...'results server simulator'.split(' '),
    ],
    belongs: 'app puts the rooms together. What talks to the person at the terminal belongs in cli.',
  },
};

/** Packages that exactly one room knows, so that they can be replaced there. */
export const packages = {
  kafkajs: {
    rooms: ['kafka'],
    why: 'kafkajs is unmaintained: only kafka/ may know it. Take a source or sink from there.',
  },
  '@kafkajs/confluent-schema-registry': {
    rooms: ['registry'],
    why: 'Encoding and decoding by schema belongs in registry/.',
  },
  avsc: { rooms: ['registry'], why: 'Encoding and decoding by schema belongs in registry/.' },
  undici: {
    rooms: ['dingtalk', 'registry'],
    why: 'Two rooms call out over HTTP: dingtalk/ and registry/. Ask one of them.',
  },
  pg: { rooms: ['ledger'], why: 'SQL belongs in ledger/, behind its interface.' },
  'node:sqlite': { rooms: ['ledger'], why: 'SQL belongs in ledger/, behind its interface.' },
  '@opentelemetry/api': {
    rooms: ['base', 'app'],
    why: 'Spans are opened with base/tracing.ts, which keeps secrets out of them and knows when nobody listens.',
  },
  commander: { rooms: ['cli'], why: 'Reading the command line belongs in cli/.' },
  yaml: {
    rooms: ['config', 'simulator'],
    why: 'Reading YAML with its positions belongs in config/ (the simulator reads its own staff list).',
  },
  liquidjs: { rooms: ['rules'], why: 'Templates run with limits, and those are in rules/.' },
  '@marcbachmann/cel-js': { rooms: ['rules'], why: 'Expressions run with limits, and those are in rules/.' },
  hono: { rooms: ['server', 'simulator'], why: 'HTTP is served in server/ (and by the simulator) only.' },
};

/** @param {string} text */
const escaped = (text) => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);

const roomRules = Object.entries(rooms).map(([room, { may, belongs }]) => ({
  name: `${room}-imports`,
  severity: 'error',
  comment: belongs,
  from: { path: `^src/${room}/` },
  to: {
    path: '^src/',
    pathNot: [room, ...may].map((allowed) => `^src/${allowed}${allowed.endsWith('$') ? '' : '/'}`),
  },
}));

const packageRules = Object.entries(packages).map(([name, { rooms: allowed, why }]) => ({
  name: `only-${allowed.join('-and-')}-imports-${name.replaceAll(/\W+/g, '-').replace(/^-/, '')}`,
  severity: 'error',
  comment: why,
  from: { path: '^src/', pathNot: allowed.map((room) => `^src/${room}/`) },
  to: { path: name.startsWith('node:') ? `^${escaped(name)}$` : `(^|/)node_modules/${escaped(name)}(/|$)` },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...roomRules,
    ...packageRules,
    {
      name: 'events-takes-only-types-from-registry',
      severity: 'error',
      comment: 'events is handed its readers by app; it must not build or load the registry client itself.',
      from: { path: '^src/events/' },
      to: { path: '^src/registry/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'main-imports-cli-alone',
      severity: 'error',
      comment: 'main.ts is the entry and nothing else. What a command does belongs in cli or app.',
      from: { path: '^src/main\\.ts$' },
      to: { path: '^src/', pathNot: '^src/cli/' },
    },
    {
      name: 'src-imports-neither-dev-nor-test',
      severity: 'error',
      comment: 'dev and test are not shipped. What the product needs of them belongs in src.',
      from: { path: '^src/' },
      to: { path: '^(dev|test)/' },
    },
    {
      name: 'dev-imports-no-test',
      severity: 'error',
      comment: 'npm start and the build work without the tests. What both need belongs in dev.',
      from: { path: '^dev/' },
      to: { path: '^test/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      comment:
        'Files that import each other in a circle cannot be understood one by one. Move what both need into a third.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'nothing-unresolved',
      severity: 'error',
      comment: 'An import that leads nowhere.',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'shipped-code-needs-shipped-packages',
      severity: 'error',
      comment: 'src runs where only "dependencies" are installed; list the package there.',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|test/fixtures)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    builtInModules: { add: ['node:sqlite'] },
    enhancedResolveOptions: {
      extensions: ['.ts', '.mjs', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types'],
    },
  },
};
