import { defineCommand, withLibrary } from '../command/command.ts';
import { JSON_OPTION } from '../command/options.ts';
import { deleteEach } from '../delete-each.ts';
import { theOne } from '../named.ts';

/** `terrarium vm rm NAME...` */
export const vmRm = defineCommand({
  words: 'vm rm',
  operands: ['NAME...'],
  options: { json: JSON_OPTION },
  details: `
A name or an id. What the VM was doing when it was left is deleted with it; snapshots taken of it stay.
A VM that runs, here or in the app, is kept.`,
  run: (context, { operands }) =>
    withLibrary(context, (library) =>
      deleteEach(context.output, operands, async (name) => {
        const vm = theOne('VM', await library.listVms(), name);
        await library.deleteVm(vm.id);
        return vm;
      }),
    ),
});
