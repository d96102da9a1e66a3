/**
 * The Kubernetes manifests against the schemas of Kubernetes itself (OpenAPI, as the package kubernetes-models brings
 * them), and against what they refer to: each other, the files, and dingbus.
 */
import { posix } from 'node:path';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { PersistentVolumeClaim } from 'kubernetes-models/v1/PersistentVolumeClaim';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { Service } from 'kubernetes-models/v1/Service';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { lint } from '../../src/rules/lint.ts';
import { exists, filesBelow, packageJson, read, root } from './repository.ts';

const folder = 'deploy/kubernetes';
const base = `${folder}/base`;
const models = { Deployment, PersistentVolumeClaim, PodDisruptionBudget, Service } as const;

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
}
interface Kustomization {
  readonly resources: readonly string[];
  readonly patches?: readonly { readonly path: string }[];
  readonly images?: readonly { readonly newTag: string }[];
  readonly configMapGenerator?: readonly { readonly name: string; readonly files: readonly string[] }[];
}

function manifest(path: string): unknown {
  return parse(read(`${folder}/${path}`));
}

const kustomization = manifest('base/kustomization.yaml') as Kustomization;
const deployment = manifest('base/deployment.yaml') as NonNullable<
  ConstructorParameters<typeof Deployment>[0]
>;
const pod = deployment.spec!.template;
const [container] = pod.spec!.containers;

const resources = filesBelow(folder)
  .filter((path) => path.endsWith('.yaml') && !path.includes('/config/'))
  .filter((path) => !path.endsWith('kustomization.yaml') && !path.endsWith('one-instance.yaml'))
  .map((path) => ({ path, manifest: parse(read(path)) as Manifest }));

describe('Kubernetes manifests', () => {
  it.each(resources.filter(({ manifest: { kind } }) => kind !== 'ServiceMonitor'))(
    '$path is what Kubernetes takes',
    ({ manifest: found }) => {
      const Model = models[found.kind as keyof typeof models];
      expect(Model, found.kind).toBeDefined();
      const model = new Model(found);
      expect(() => {
        model.validate();
      }).not.toThrow();
    },
  );

  it('are checked by something that finds faults', () => {
    const spec = { ...deployment.spec!, replicas: 'two' };
    expect(() => {
      new Deployment({ ...deployment, spec } as never).validate();
    }).toThrow(/replicas/);
  });

  it.each(['base', 'sqlite', 'service-monitor'])('%s names resources and patches that exist', (name) => {
    const { resources: named, patches = [] } = manifest(`${name}/kustomization.yaml`) as Kustomization;
    const paths = [...named, ...patches.map(({ path }) => path)];
    expect(paths.filter((path) => !exists(posix.join(folder, name, path)))).toEqual([]);
  });

  it('select the pods that the Deployment makes', () => {
    const labels = pod.metadata?.labels;
    const monitor = manifest('service-monitor/service-monitor.yaml') as {
      spec: { selector: object; endpoints: { port: string }[] };
    };
    const service = manifest('base/service.yaml') as {
      spec: { selector: object; ports: { name: string; targetPort: string }[] };
    };
    const budget = manifest('base/disruption-budget.yaml') as { spec: { selector: object } };
    expect(deployment.spec?.selector.matchLabels).toEqual(labels);
    expect(service.spec.selector).toEqual(labels);
    expect(budget.spec.selector).toEqual({ matchLabels: labels });
    expect(monitor.spec.selector).toEqual({ matchLabels: labels });
    const ports = container?.ports?.map(({ name }) => name);
    expect(service.spec.ports.map(({ targetPort }) => targetPort)).toEqual(ports);
    expect(monitor.spec.endpoints.map(({ port }) => port)).toEqual(
      service.spec.ports.map(({ name }) => name),
    );
    for (const probe of [container?.startupProbe, container?.livenessProbe, container?.readinessProbe])
      expect(ports).toContain(probe?.httpGet?.port);
  });

  it('mount every file of the configuration, and no other', () => {
    const sources = pod.spec?.volumes?.find(({ name }) => name === 'config')?.projected?.sources ?? [];
    const mounted = sources.flatMap(({ configMap }) => {
      const generator = kustomization.configMapGenerator?.find(({ name }) => name === configMap?.name);
      const keys = generator?.files.map((file) => posix.basename(file)) ?? [];
      return configMap?.items === undefined
        ? keys
        : configMap.items.map(({ key, path }) => (keys.includes(key) ? path : `missing ${key}`));
    });
    const files = filesBelow(`${base}/config`).map((path) => posix.relative(`${base}/config`, path));
    expect(mounted.sort()).toEqual(files.sort());
  });

  it('give the configuration every variable that it reads', () => {
    const secret = [
      'DINGTALK_APP_KEY',
      'DINGTALK_APP_SECRET',
      'DINGTALK_AGENT_ID',
      'DINGBUS_ADMIN_TOKEN',
      'DINGBUS_STORE',
    ];
    for (const name of secret) expect(read(`${base}/kustomization.yaml`)).toContain(name);
    const given = container?.env?.map(({ name, value }) => [name, value ?? ''] as const) ?? [];
    const env = {
      ...Object.fromEntries(secret.map((name) => [name, name === 'DINGTALK_AGENT_ID' ? '1' : 'sqlite:x'])),
      ...Object.fromEntries(given),
    };
    expect(lint({ path: `${root}/${base}/config`, env })).toMatchObject({ ok: true, faults: [] });
  });

  it('run without rights: no root, no writable system, no capabilities, no service account', () => {
    expect(pod.spec).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    });
    expect(container?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('leave more time to end than a stop takes, and run this version', () => {
    const stop = Number(
      /shutdown_timeout: duration\([\s\S]{0,200}?prefault\('(\d+)s'\)/.exec(
        read('src/config/schema-dingbus.ts'),
      )?.[1],
    );
    expect(pod.spec?.terminationGracePeriodSeconds).toBeGreaterThan(stop);
    expect(kustomization.images?.[0]?.newTag).toBe((packageJson() as unknown as { version: string }).version);
  });
});
