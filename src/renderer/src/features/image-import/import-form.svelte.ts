import type { ChosenFile, ImportedImage } from '../../../../shared/ipc/contract.ts';
import { KERNEL_CHOICES, type KernelChoice } from '../../../../shared/model/image.ts';
import { parseMemoryMib, parseName } from '../../../../shared/model/names.ts';
import type { App } from '../../app/app.ts';
import { said, t } from '../../text/text.svelte.ts';
import type { SelectOption } from '../../ui/select-option.ts';

/** What src/images/build.ts gives a machine out of a tarball unless it is told otherwise. */
const USUAL_MEMORY_MIB = 512;
const NAME_MAX_CHARACTERS = 40;

/** The dialog that makes an image out of a file: its fields, what is wrong with them, and doing it. */
export class ImportForm {
  #file: ChosenFile = $state.raw({ token: '', name: '', sizeBytes: 0, kind: 'file' });
  name = $state('');
  memoryText = $state(String(USUAL_MEMORY_MIB));
  #kernel: KernelChoice = $state('auto');
  #isBusy = $state(false);
  #nameError: string | null = $state(null);
  #memoryError: string | null = $state(null);
  #error: string | null = $state(null);
  #done: ImportedImage | null = $state.raw(null);
  readonly #app: Pick<App, 'bridge' | 'build'>;

  constructor(app: Pick<App, 'bridge' | 'build'>, file: ChosenFile) {
    this.#app = app;
    this.#file = file;
    this.name = nameOf(file.name);
  }

  get file(): ChosenFile {
    return this.#file;
  }

  get kernel(): string {
    return this.#kernel;
  }

  set kernel(value: string) {
    this.#kernel = KERNEL_CHOICES.find((choice) => choice === value) ?? 'auto';
  }

  get kernels(): readonly SelectOption[] {
    return KERNEL_CHOICES.map((value) => ({
      value,
      title: t(`build.import-kernel-${value}`),
      description: t(`build.import-kernel-${value}-about`),
    }));
  }

  get isBusy(): boolean {
    return this.#isBusy;
  }

  get nameError(): string | null {
    return this.#nameError;
  }

  get memoryError(): string | null {
    return this.#memoryError;
  }

  /** What main said no to, when it is not about one field. */
  get error(): string | null {
    return this.#error;
  }

  /** The image, when it is there. */
  get done(): ImportedImage | null {
    return this.#done;
  }

  forgetErrors(): void {
    this.#nameError = null;
    this.#memoryError = null;
  }

  async chooseOther(): Promise<void> {
    const result = await this.#app.bridge.call('image.chooseFile', undefined);
    this.#error = result.ok ? null : result.error.message;
    if (!result.ok || result.value === null) return;
    // A name that a person typed stays.
    if (this.name === nameOf(this.#file.name)) this.name = nameOf(result.value.name);
    this.#file = result.value;
  }

  async submit(): Promise<void> {
    if (this.#isBusy) return;
    const name = parseName('image', this.name);
    const memory = parseMemoryMib(Number(this.memoryText.trim() || 'none'));
    this.#nameError = name.ok ? null : said(name.error.message);
    this.#memoryError = memory.ok ? null : said(memory.error.message);
    this.#error = null;
    if (!name.ok || !memory.ok) return;
    this.#isBusy = true;
    try {
      this.#done = await this.#app.build.startImport({
        token: this.#file.token,
        name: name.value,
        kernel: this.#kernel,
        memoryMib: memory.value,
      });
      const ended = this.#app.build.state;
      if (this.#done === null)
        this.#error = ended.kind === 'ended' ? said(ended.message) : t('machine.new-other-build');
    } finally {
      this.#isBusy = false;
    }
  }
}

/** `debian-12_i386.tar.xz` is called `debian-12_i386`. */
export function nameOf(fileName: string): string {
  const stem = fileName.replace(/\.(tar(\.(gz|xz|zst))?|tgz|txz|tzst|oci|gz|xz|zst)$/i, '');
  return Array.from(stem)
    .slice(0, NAME_MAX_CHARACTERS)
    .join('')
    .replace(/[-_. ]+$/, '')
    .trim();
}
