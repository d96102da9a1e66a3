import type { Secret } from '../base/sensitive.ts';
import type { Envelope } from './answers.ts';
import { endpoints } from './endpoints.ts';
import { get, postJson } from './requests.ts';
import type { TransportRequest } from './transport.ts';

/** `legacy`: GET /gettoken (K1444). `v1`: POST /v1.0/oauth2/accessToken (K33). `corp`: POST /v1.0/oauth2/{corpId}/token (K37). */
export type TokenApi = 'legacy' | 'v1' | 'corp';

export interface TokenRequestOptions {
  readonly api: TokenApi;
  readonly baseUrl: string;
  readonly apiBaseUrl: string;
  readonly appKey: string;
  readonly appSecret: Secret;
  readonly corpId: string | null;
  readonly timeoutMs: number;
}

/** The request for a token and how its answer says success. */
export function tokenRequest(options: TokenRequestOptions): {
  readonly http: TransportRequest;
  readonly envelope: Envelope;
} {
  const { api, baseUrl, apiBaseUrl, appKey, appSecret, corpId, timeoutMs } = options;
  switch (api) {
    case 'legacy':
      // Key and secret must stand in the query: the documentation's own form example is answered 40035 (PROBE).
      return {
        http: get({ baseUrl, timeoutMs }, endpoints.tokenLegacy.path, {
          appkey: appKey,
          appsecret: appSecret.reveal(),
        }),
        envelope: 'errcode',
      };
    case 'v1':
      return {
        http: postJson(
          `${apiBaseUrl}${endpoints.tokenV1.path}`,
          { appKey, appSecret: appSecret.reveal() },
          timeoutMs,
        ),
        envelope: 'v1',
      };
    case 'corp':
      return {
        http: postJson(
          `${apiBaseUrl}${endpoints.tokenCorp.path.replace('{corpId}', encodeURIComponent(corpId ?? ''))}`,
          { client_id: appKey, client_secret: appSecret.reveal(), grant_type: 'client_credentials' },
          timeoutMs,
        ),
        envelope: 'v1',
      };
  }
}
