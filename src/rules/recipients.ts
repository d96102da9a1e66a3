/**
 * One form for one number: `+86 138-0000-1201`, `0086 13800001201` and `138 0000 1201` are all `13800001201`, which
 * is how DingTalk's lookup wants Chinese mobiles. Other countries keep their `+` and code. What is no number at all
 * stays as it is: the lookup will say that nobody has it, and only that recipient is lost.
 */
export function normaliseMobile(text: string): string {
  const compact = text.replace(/[\s\u00a0().\-‐-―]/g, '');
  const withPlus = compact.replace(/^00(?=[1-9]\d{7,})/, '+');
  const chinese = /^\+?86(1\d{10})$/.exec(withPlus);
  return chinese?.[1] ?? withPlus;
}
