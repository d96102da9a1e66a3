import { z } from 'zod';
import type { Services } from '../services.ts';
import { refuse, reply } from '../problem.ts';
import { endpoint, type Endpoint } from './endpoint.ts';
import { auditJson, configurationJson, holdJson, quotaJson, routeJson } from './present.ts';
import { deadLetterDetailJson, deadLetterJson } from './present-dead-letters.ts';
import { detailJson, summaryJson } from './present-notifications.ts';
import * as shapes from './notification-schemas.ts';
import * as schemas from './schemas.ts';
import { statusOf } from './status.ts';

/** Texts that only have to be found: long enough for any id that Kafka or CloudEvents producers use. */
const term = z.string().min(1).max(512);
const moment = z.iso
  .datetime({ offset: true })
  .transform((text) => Date.parse(text))
  .describe('ISO 8601 with offset or Z');
const paging = {
  cursor: term.describe('`next` of the page before').optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
};

export const notificationQuery = z.strictObject({
  search: term
    .describe('A notification id, event id, task id, userid or correlation key, as a whole')
    .optional(),
  state: z.enum(schemas.states).optional(),
  status: z.enum(schemas.resultStatuses).describe('Of the last result').optional(),
  reason: term.describe('Of the last result').optional(),
  route: term.optional(),
  app: term.optional(),
  since: moment.optional(),
  until: moment.optional(),
  ...paging,
});

export const deadLetterQuery = z.strictObject({
  stage: z.enum(schemas.stages).optional(),
  reason: term.optional(),
  route: term.optional(),
  ...paging,
});

const byId = z.object({ id: term });

/** Everything that only looks. */
export function readEndpoints(services: Services): readonly Endpoint[] {
  const { ports } = services;
  const { views } = ports;
  return [
    endpoint({
      method: 'get',
      path: '/status',
      tag: 'Service',
      summary: 'Health, backlog, rates and holds at this moment',
      role: 'read',
      answer: schemas.statusReport,
      handle: async () => reply(await statusOf(services)),
    }),
    endpoint({
      method: 'get',
      path: '/notifications',
      tag: 'Notifications',
      summary: 'Notifications, newest first',
      role: 'read',
      query: notificationQuery,
      answer: schemas.pageOf(shapes.notificationSummary),
      handle: async ({ query }) => {
        const page = await views.notifications(notificationFilter(query));
        return reply({ items: page.items.map(summaryJson), next: page.next });
      },
    }),
    endpoint({
      method: 'get',
      path: '/notifications/{id}',
      tag: 'Notifications',
      summary: 'One notification with its people, deliveries, calls and results',
      role: 'read',
      params: byId,
      refusals: [404],
      answer: shapes.notificationDetail,
      handle: async ({ params }) => {
        const detail = await views.notification(params.id);
        return detail === null
          ? refuse(404, 'notification_not_found', 'No notification has this id.')
          : reply(detailJson(detail));
      },
    }),
    endpoint({
      method: 'get',
      path: '/notifications/{id}/deliveries',
      tag: 'Notifications',
      summary: 'The deliveries of a notification and the calls that carried them',
      role: 'read',
      params: byId,
      refusals: [404],
      answer: z.object({ deliveries: z.array(shapes.delivery), calls: z.array(shapes.call) }),
      handle: async ({ params }) => {
        const detail = await views.notification(params.id);
        if (detail === null) return refuse(404, 'notification_not_found', 'No notification has this id.');
        const { deliveries, calls } = detailJson(detail);
        return reply({ deliveries, calls });
      },
    }),
    endpoint({
      method: 'get',
      path: '/quotas',
      tag: 'Service',
      summary: 'Use of the DingTalk quotas',
      role: 'read',
      answer: z.object({ items: z.array(schemas.quota) }),
      handle: async () => reply({ items: (await views.quotas()).map(quotaJson) }),
    }),
    endpoint({
      method: 'get',
      path: '/holds',
      tag: 'Service',
      summary: 'What is held now, and why',
      role: 'read',
      answer: z.object({ items: z.array(schemas.hold) }),
      handle: async () => reply({ items: (await views.holds()).map(holdJson) }),
    }),
    endpoint({
      method: 'get',
      path: '/dead-letters',
      tag: 'Dead letters',
      summary: 'Dead letters, newest first',
      role: 'read',
      query: deadLetterQuery,
      answer: schemas.pageOf(schemas.deadLetterSummary),
      handle: async ({ query }) => {
        const page = await views.deadLetters(deadLetterFilter(query));
        return reply({ items: page.items.map(deadLetterJson), next: page.next });
      },
    }),
    endpoint({
      method: 'get',
      path: '/dead-letters/{id}',
      tag: 'Dead letters',
      summary: 'One dead letter with its record, while that is kept',
      role: 'read',
      params: byId,
      refusals: [404],
      answer: schemas.deadLetterDetail,
      handle: async ({ params }) => {
        const found = await views.deadLetter(params.id);
        return found === null
          ? refuse(404, 'dead_letter_not_found', 'No dead letter has this id.')
          : reply(deadLetterDetailJson(found.summary, found.deadLetter));
      },
    }),
    endpoint({
      method: 'get',
      path: '/routes',
      tag: 'Configuration',
      summary: 'Routes in the order of their evaluation',
      role: 'read',
      answer: z.object({ items: z.array(schemas.route) }),
      handle: () => Promise.resolve(reply({ items: ports.configuration.current().routes.map(routeJson) })),
    }),
    endpoint({
      method: 'get',
      path: '/configuration',
      tag: 'Configuration',
      summary: 'The configuration in force, its warnings and the last reload',
      role: 'read',
      answer: schemas.configuration,
      handle: () =>
        Promise.resolve(
          reply(configurationJson(ports.configuration.current(), ports.configuration.lastReload())),
        ),
    }),
    endpoint({
      method: 'get',
      path: '/audit',
      tag: 'Service',
      summary: 'Who asked for which change, newest first',
      role: 'read',
      query: z.strictObject(paging),
      answer: schemas.pageOf(schemas.auditEntry),
      handle: async ({ query }) => {
        const page = await ports.audit.list(query.cursor ?? null, query.limit);
        return reply({ items: page.items.map(auditJson), next: page.next });
      },
    }),
  ];
}

/** Absent filters become null, as the ports want them. */
export function notificationFilter(
  query: z.output<typeof notificationQuery>,
): Parameters<Services['ports']['views']['notifications']>[0] {
  return {
    search: query.search ?? null,
    state: query.state ?? null,
    status: query.status ?? null,
    reason: query.reason ?? null,
    route: query.route ?? null,
    app: query.app ?? null,
    since: query.since ?? null,
    until: query.until ?? null,
    cursor: query.cursor ?? null,
    limit: query.limit,
  };
}

export function deadLetterFilter(
  query: z.output<typeof deadLetterQuery>,
): Parameters<Services['ports']['views']['deadLetters']>[0] {
  return {
    stage: query.stage ?? null,
    reason: query.reason ?? null,
    route: query.route ?? null,
    cursor: query.cursor ?? null,
    limit: query.limit,
  };
}
