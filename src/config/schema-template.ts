import type { z } from 'zod';
import { choice, isMapping, leaf, nameOf, text, textOrDigitsOf, type JsonSchema } from './fields.ts';
import { sampleSchema } from './schema-event.ts';
import { either, keys, list } from './shapes.ts';
import { liquid } from './words.ts';

/** The definition of a message: one of DingTalk's eight types in DingTalk's own field names, Liquid in its texts. */

/** Texts may be written as numbers, which DingTalk wants as texts. */
function field(description: string, examples: readonly unknown[] = []) {
  const json: JsonSchema = {
    anyOf: [{ type: 'string' }, { type: 'number' }],
    description,
    'x-kind': 'Liquid',
  };
  if (examples.length > 0) json['examples'] = [...examples];
  return leaf<string>(json, (value, fail) => {
    const found = textOrDigitsOf(value);
    if (found === null) {
      const params = isMapping(value) ? { remedy: 'a text that begins with {{ must stand in quotes' } : {};
      return fail(`must be a text, not ${nameOf(value)}`, { fault: 'wrong_type', ...params });
    }
    if (found.length > 16_384) return fail('is longer than 16384 characters');
    return found;
  });
}

const upload = keys({ upload: text({ description: 'Path of the file, relative to dingbus.yaml.' }) });

/** A media id, or a file that is uploaded once per app and content. */
function media(description: string) {
  const id = liquid({});
  return either<string | z.infer<typeof upload>>(
    { description, examples: [{ upload: 'assets/logo.png' }, '@lADPDe7s...'] },
    [id, upload],
    (value) => (isMapping(value) ? upload : id),
  );
}

export const messageTypes = [
  'text',
  'image',
  'voice',
  'file',
  'link',
  'markdown',
  'oa',
  'action_card',
] as const;

const messageShapes = {
  text: keys({ content: field('The text.') }, { description: 'Plain text.' }),
  image: keys({ media_id: media('The image.') }, { description: 'An image.' }),
  voice: keys(
    { media_id: media('The recording, AMR.'), duration: field('Seconds, 1 … 59.', ['10']) },
    { description: 'A recording.' },
  ),
  file: keys({ media_id: media('The file.') }, { description: 'A file.' }),
  link: keys(
    {
      messageUrl: field('Address that opens.'),
      picUrl: media('Picture: a media id or a URL.'),
      title: field('Title.'),
      text: field('Text.'),
    },
    { description: 'A link with a picture.' },
  ),
  markdown: keys(
    { title: field('Title, shown in the list of messages.'), text: field('The text, Markdown.') },
    { description: 'Markdown.' },
  ),
  oa: keys(
    {
      message_url: field('Address that opens.'),
      pc_message_url: field('Address that opens on a computer.').optional(),
      head: keys({
        bgcolor: field('Colour, AARRGGBB.', ['FFBBBBBB']),
        text: field('Head text; DingTalk shows the app’s name instead.'),
      }),
      status_bar: keys({
        status_value: field('Text of the status bar.', ['进行中']).optional(),
        status_bg: field('Colour of the status bar, 0xFFRRGGBB.', ['0xFFF65E5E']).optional(),
      }).optional(),
      body: keys({
        title: field('Title.').optional(),
        form: list(
          keys({ key: field('Label.'), value: field('Value; the row is left out when it is empty.') }),
          {
            description: 'Rows of the form; DingTalk shows the first six.',
          },
        ).optional(),
        rich: keys(
          { num: field('The figure.').optional(), unit: field('Its unit.').optional() },
          { description: 'A large figure.' },
        ).optional(),
        content: field('Text; DingTalk shows three lines.').optional(),
        image: media('Picture.').optional(),
        file_count: field('Number of files shown.').optional(),
        author: field('Author.').optional(),
      }),
    },
    { description: 'A form, with an optional status bar.' },
  ),
  action_card: keys(
    {
      title: field('Title, shown in the list of messages.').optional(),
      markdown: field('The text, Markdown.'),
      single_title: field('Text of the only button.').optional(),
      single_url: field('Address of the only button.').optional(),
      btn_orientation: field('"0": buttons below each other, "1": beside each other.', ['1']).optional(),
      btn_json_list: list(
        keys({ title: field('Text of the button.'), action_url: field('Address of the button.') }),
        {
          description: 'The buttons; instead of single_title and single_url.',
        },
      ).optional(),
    },
    { description: 'A card with one button or several.' },
  ),
};

export const messageSchema = keys(
  {
    text: messageShapes.text.optional(),
    image: messageShapes.image.optional(),
    voice: messageShapes.voice.optional(),
    file: messageShapes.file.optional(),
    link: messageShapes.link.optional(),
    markdown: messageShapes.markdown.optional(),
    oa: messageShapes.oa.optional(),
    action_card: messageShapes.action_card.optional(),
    on_too_long: choice(
      {
        description:
          'When the message has more than 2,048 bytes: reject it, or truncate its longest text with ….',
      },
      ['reject', 'truncate'],
    ).prefault('reject'),
    description: text({ description: 'For people.' }).optional(),
    samples: list(
      sampleSchema,
      { description: 'Events that lint renders the message with.' },
      100,
    ).optional(),
  },
  { oneOf: messageTypes.map((type) => ({ required: [type] })) },
);

export type MessageKeys = z.infer<typeof messageSchema>;

/** A template file. */
export const templateFileSchema = messageSchema.meta({
  title: 'Template of dingbus',
  oneOf: messageTypes.map((type) => ({ required: [type] })),
});
