/**
 * Makes a text mean itself in DingTalk's Markdown (headings, quotes, bold, italic, links, images, lists). A value of
 * an event must not turn into a link or a heading of somebody else's making.
 */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/[\\`*_[\]<>#|~]/g, '\\$&')
    .replace(/!(?=\\\[)/g, '\\!')
    .replace(/^(\s*)([-+])(?=\s)/gm, '$1\\$2')
    .replace(/^(\s*\d{1,9})([.)])(?=\s)/gm, '$1\\$2')
    .replace(/^(\s*)([-=]{2,}\s*)$/gm, '$1\\$2');
}
