import { type z } from 'zod';
import type { Role } from '../access.ts';
import type { Problem, Reply } from '../problem.ts';

/** What a handler knows of who asks. */
export interface Requester {
  readonly actor: string;
}

/** One operation of the API: its description and its code in one place, so that the document cannot lie. */
export interface Endpoint {
  readonly method: 'get' | 'post';
  /** Below `/api/v1`, parameters in braces: `/notifications/{id}`. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  /** `admin` for everything that changes something. */
  readonly role: Role;
  readonly params: z.ZodType | null;
  readonly query: z.ZodType | null;
  readonly body: z.ZodType | null;
  readonly answer: z.ZodType;
  /** Statuses of refusals of its own, beyond those that follow from role and input. */
  readonly refusals: readonly Problem['status'][];
  /** Takes input that the schemas have accepted. */
  handle(input: EndpointInput, requester: Requester): Promise<Reply<unknown>>;
}

export interface EndpointInput {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

type Output<S extends z.ZodType | null> = S extends z.ZodType ? z.output<S> : null;

/** Keeps the types of one endpoint together: what the schemas give is what its handler takes. */
export function endpoint<
  P extends z.ZodType | null = null,
  Q extends z.ZodType | null = null,
  B extends z.ZodType | null = null,
  A extends z.ZodType = z.ZodType,
>(definition: {
  readonly method: 'get' | 'post';
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly role: Role;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly answer: A;
  readonly refusals?: readonly Problem['status'][];
  readonly handle: (
    input: { readonly params: Output<P>; readonly query: Output<Q>; readonly body: Output<B> },
    requester: Requester,
  ) => Promise<Reply<z.output<A>>>;
}): Endpoint {
  const { params, query, body, handle } = definition;
  return {
    ...definition,
    params: params ?? null,
    query: query ?? null,
    body: body ?? null,
    refusals: definition.refusals ?? [],
    handle: (input, requester) =>
      // The router parsed each part with the schema that stands beside it here.
      handle(
        { params: input.params as Output<P>, query: input.query as Output<Q>, body: input.body as Output<B> },
        requester,
      ),
  };
}
