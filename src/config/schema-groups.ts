import { text } from './fields.ts';
import { keys, list, named } from './shapes.ts';
import { departmentId, mobile, plainName, userid } from './words.ts';

/** The definition of groups.yaml: who stands behind a name. Literals only, so that a look at it tells everything. */
export const groupSchema = keys({
  description: text({ description: 'For people.' }).optional(),
  mobiles: list(mobile({}), { description: 'Mobile numbers.' }).optional(),
  userids: list(userid({}), { description: 'DingTalk userids.' }).optional(),
  dept_id_list: list(departmentId({}), {
    description: 'Department ids, sub-departments included.',
  }).optional(),
  groups: list(plainName({}), { description: 'Groups whose members belong to this one too.' }).optional(),
});


export const groupsFileSchema = keys(
  { groups: named(groupSchema, { description: 'The groups, by name.' }) },
  { title: 'Recipient groups of dingbus' },
);
