/** What happens in the guest between one state of the lineage and the next. */
export interface LineageStep {
  readonly name: string;
  /** Whether the packages are brought into the guest first. */
  readonly bringsPackages?: true;
  /** Shell commands, run one after another as root; each must end with 0. */
  readonly commands: readonly string[];
  /** How long nothing happens then. */
  readonly idleMs: number;
}

/** Debian packages with what they need that the image has not got: brought in as files and installed with dpkg. */
export const LINEAGE_PACKAGES = ['libonig5', 'libjq1', 'jq'] as const;
/** Where they lie in the guest. */
export const PACKAGES_FOLDER = '/root/packages';

const IDLE_MS = 5_000;

/** Words, numbers and objects that live on in no process, but whose pages the guest has used. */
const PYTHON_WORK = [
  'import json, hashlib, re, random',
  'random.seed(5)',
  'rows = [{"id": i, "name": f"row {i}", "digest": hashlib.sha1(str(i).encode()).hexdigest()} for i in range(30000)]',
  'text = json.dumps(rows)',
  'found = re.findall(r"[0-9a-f]{8}", text)',
  'open("/root/rows.json", "w").write(json.dumps(rows[: min(5000, len(found))]))',
].join('; ');

/** As a compiler does: many sources read, many results written. */
const COMPILE_WORK = [
  'import compileall, os',
  'os.makedirs("/root/project", exist_ok=True)',
  'body = lambda i: "\\n".join(f"def f{j}(x):\\n    return [x * {i} + {j}, \\"{i}-{j}\\"]" for j in range(40))',
  '[open(f"/root/project/module{i}.py", "w").write(body(i)) for i in range(400)]',
  'compileall.compile_dir("/root/project", quiet=1)',
].join('; ');

/** Ten states: what a person snapshots in an hour of work. */
export const LINEAGE_STEPS: readonly LineageStep[] = [
  { name: 'prompt', commands: [], idleMs: 0 },
  { name: 'idle', commands: [], idleMs: IDLE_MS },
  { name: 'listed files', commands: ['ls -lR /usr >/dev/null'], idleMs: 0 },
  { name: 'ran Python', commands: [`python3 -c '${PYTHON_WORK}'`], idleMs: 0 },
  {
    name: 'wrote 20 MB',
    // Half of it does not compress, half of it does.
    commands: ['head -c 10000000 /dev/urandom >/root/mixed', 'seq 1 1400000 | head -c 10000000 >>/root/mixed'],
    idleMs: 0,
  },
  {
    name: 'installed a package',
    bringsPackages: true,
    commands: [`dpkg -i ${PACKAGES_FOLDER}/*.deb`],
    idleMs: 0,
  },
  {
    name: 'ran the package',
    commands: ['jq -c "map(select(.id % 7 == 0)) | length" /root/rows.json', 'jq . /root/rows.json >/root/pretty.json'],
    idleMs: 0,
  },
  { name: 'compiled', commands: [`python3 -c '${COMPILE_WORK}'`], idleMs: 0 },
  { name: 'deleted', commands: ['rm -r /root/project /root/pretty.json'], idleMs: 0 },
  { name: 'idle again', commands: [], idleMs: IDLE_MS },
];
