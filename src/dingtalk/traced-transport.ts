import { fail, inSpan, isTracing } from '../base/tracing.ts';
import type { Transport, TransportAnswer } from './transport.ts';

/** A span for each request. The address goes in without its query, which holds the token. */
export function tracedTransport(inner: Transport): Transport {
  return {
    request: (request) => {
      if (!isTracing()) return inner.request(request);
      const url = URL.parse(request.url);
      // The transport itself says what is wrong with such an address.
      if (url === null) return inner.request(request);
      const { hostname, port, protocol, pathname } = url;
      const defaultPort = protocol === 'https:' ? 443 : 80;
      const attributes = {
        'http.request.method': request.method,
        'server.address': hostname,
        'server.port': port === '' ? defaultPort : Number(port),
        'url.scheme': protocol.slice(0, -1),
        'url.path': pathname,
      };
      return inSpan(`${request.method} ${pathname}`, { kind: 'client', attributes }, async (span) => {
        const answer = await inner.request(request);
        if (answer.kind !== 'answered') {
          fail(span, answer.kind);
          return answer;
        }
        span.setAttribute('http.response.status_code', answer.status);
        const code = span.isRecording() ? errorCodeIn(answer) : null;
        if (code !== null) span.setAttribute('dingtalk.errcode', code);
        if (answer.status >= 400) fail(span, String(answer.status));
        else if (code !== null && code !== '0') fail(span, `errcode ${code}`);
        return answer;
      });
    },
    close: () => inner.close(),
  };
}

/** DingTalk answers 200 to nearly everything; its verdict is in the body. */
function errorCodeIn(answer: Extract<TransportAnswer, { kind: 'answered' }>): string | null {
  const match = /"errcode"\s*:\s*"?(-?\d{1,9})\b/.exec(answer.body.subarray(0, 4_096).toString('latin1'));
  return match?.[1] ?? null;
}
