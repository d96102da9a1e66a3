import type { Secret } from '../base/sensitive.ts';

/** How to reach a cluster. Plain values: files and environment were read by whoever made this. */
export interface KafkaConnection {
  /** `host:port` of at least one broker; the others are found from it. */
  readonly brokers: readonly string[];
  /** The name that broker logs and quotas show for this program. */
  readonly clientId: string;
  /** Null: no TLS. */
  readonly ssl: KafkaTls | null;
  /** Null: no authentication, or mutual TLS alone. */
  readonly sasl: KafkaSasl | null;
}

/** TLS settings; `cert` and `key` together make it mutual. */
export interface KafkaTls {
  /** PEM of the authorities to trust; null: those of Node. */
  readonly ca: string | null;
  /** PEM of the client's certificate and of its key. */
  readonly cert: string | null;
  readonly key: Secret | null;
  readonly passphrase: Secret | null;
  /** The name that the broker's certificate must carry; null: the host of its address. */
  readonly servername: string | null;
  /** False accepts any certificate; for trials alone. */
  readonly rejectUnauthorized: boolean;
}

export type KafkaSasl =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: Secret;
    }
  | {
      readonly mechanism: 'oauthbearer';
      /** Asked for every new connection and before a session of the broker ends; it caches by itself. */
      readonly token: () => Promise<Secret>;
    };
