/**
 * Makes a text mean itself in DingTalk's Markdown (headings, quotes, bold, italic, links, images, lists). A value of
 * an event must not turn into a link or a heading of somebody else's making.
 */
export function escapeMarkdown(text: string): string {
  // White space of one line only: a pattern that runs on over empty lines would take a time that grows with their square.
  return text
    .replace(/[\\`*_[\]<>#|~]/g, '\\$&')
    .replace(/!(?=\\\[)/g, '\\!')
    .replace(/^([^\S\n\r\u2028\u2029]*)([-+])(?=\s)/gm, '$1\\$2')
    .replace(/^([^\S\n\r\u2028\u2029]*\d{1,9})([.)])(?=\s)/gm, '$1\\$2')
    .replace(/^([^\S\n\r\u2028\u2029]*)([-=]{2,}[^\S\n\r\u2028\u2029]*)$/gm, '$1\\$2');
}
