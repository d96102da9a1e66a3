/** Words that must not turn up, and the forms in which they might. */
export class Canaries {
  readonly #forms = new Map<string, string>();

  add(name: string, value: string): void {
    const digits = /^1\d{10}$/.test(value) ? [value.slice(0, 3), value.slice(3, 7), value.slice(7)] : null;
    const forms = {
      '': value,
      ' in an address': encodeURIComponent(value),
      ' in base 64': Buffer.from(value).toString('base64').replace(/=+$/, ''),
      ' with blanks': digits?.join(' ') ?? value,
      ' with dashes': digits?.join('-') ?? value,
    };
    for (const [form, text] of Object.entries(forms)) this.#forms.set(text, name + form);
  }

  /** What was found, where, and in which words. */
  foundIn(places: ReadonlyMap<string, string>): { word: string; place: string; around: string }[] {
    return [...places].flatMap(([place, text]) =>
      [...this.#forms].flatMap(([form, word]) => {
        const at = text.indexOf(form);
        return at < 0
          ? []
          : [{ word, place, around: text.slice(Math.max(0, at - 120), at + form.length + 40) }];
      }),
    );
  }
}
