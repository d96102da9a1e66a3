/** A media type in lower case without its parameters, such as `application/json`; null when there is none. */
export function mediaTypeOf(contentType: string | null): string | null {
  if (contentType === null) return null;
  const [type = ''] = contentType.split(';', 1);
  const trimmed = type.trim().toLowerCase();
  return trimmed === '' ? null : trimmed;
}

/** `application/json`, `text/json` and everything that ends in `+json`; without a media type JSON is assumed. */
export function isJsonType(mediaType: string | null): boolean {
  return mediaType === null || /^[^/]+\/(?:json|[^/]+\+json)$/.test(mediaType);
}

/** Text that is no JSON: its content is the data as it stands. */
export function isPlainText(mediaType: string | null): boolean {
  return mediaType !== null && mediaType.startsWith('text/') && !isJsonType(mediaType);
}
