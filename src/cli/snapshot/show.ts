import { machineConfig } from '../../shared/model/machine-config.ts';
import { configMismatch } from '../../shared/model/state.ts';
import { defineCommand, withLibrary } from '../command/command.ts';
import { JSON_OPTION } from '../command/options.ts';
import { lineWriter } from '../terminal/labelled-lines.ts';
import { sizeText, timeText } from '../terminal/units.ts';
import { snapshotDetails } from './details.ts';
import { theOne } from '../named.ts';

const MADE_BY = { person: '', restore: ', before a restore', timer: ', by the clock' } as const;

/** `terrarium snapshot show NAME` */
export const snapshotShow = defineCommand({
  words: 'snapshot show',
  operands: ['NAME'],
  options: { json: JSON_OPTION },
  details: '',
  run: (context, { operands: [nameOrId = ''] }) =>
    withLibrary(context, async (library) => {
      const { output } = context;
      const { states } = await library.states.list();
      const snapshots = states.filter(({ kind }) => kind === 'snapshot');
      const { manifests } = await library.images.list();
      const snapshot = theOne('snapshot', snapshots, nameOrId);
      const details = snapshotDetails(snapshot, manifests);
      const image = manifests.find(({ id }) => id === details.imageId);
      const parent = states.find(({ id }) => id === details.parent);
      const children = snapshots.filter((other) => other.parent === details.id);
      const vms = (await library.listVms()).filter(({ head }) => head === details.id);
      const obstacle =
        image === undefined
          ? 'Its image is not in the library any more.'
          : configMismatch(snapshot.config, machineConfig(image, details.memoryMib));
      const uniqueBytes = (await library.usage()).snapshots.find(({ id }) => id === details.id)?.uniqueBytes ?? 0;
      output.json({
        ...details,
        uniqueBytes,
        parentName: parent?.name ?? null,
        children: children.map(({ id, name }) => ({ id, name })),
        vmsThatResumeFromIt: vms.map(({ id, name }) => ({ id, name })),
        v86Version: snapshot.config.v86Version,
        obstacle,
      });
      const line = lineWriter(output);
      line('Name', details.name);
      line('Id', details.id);
      for (const [at, text] of details.note.split('\n').entries()) {
        if (details.note !== '') line(at === 0 ? 'Note' : '', text);
      }
      if (details.tags.length > 0) line('Tags', details.tags.join(', '));
      if (details.isProtected) line('Protected', 'yes');
      line('Image', `${details.imageName ?? 'gone'} (${details.imageId})`);
      line('Taken', `${timeText(details.createdAt)} of “${details.vmName}”${MADE_BY[details.madeBy]}`);
      line('Memory', `${details.memoryMib} MiB`);
      line('Size', `${sizeText(details.sizeBytes)}, of which ${sizeText(details.newBytes)} were new`);
      line('Frees', `${sizeText(uniqueBytes)} if it is deleted`);
      line('Holds', details.content === 'full' ? 'a running machine' : 'files only; it boots first');
      line('Before it', parent ? `“${parent.name}” (${parent.id})` : 'the image');
      for (const { name, id } of children) line('After it', `“${name}” (${id})`);
      for (const { name, id } of vms) line('Needed by', `VM “${name}” (${id})`);
      if (obstacle !== null) output.complain(obstacle);
      return 0;
    }),
});
