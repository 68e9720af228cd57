// Runs a command in a small Linux machine, gives it a file, takes one back and keeps the result as a snapshot.
// Needs a built package (npm run build) and an image (npm run terrarium -- image build tiny).
import { Terrarium } from 'terrarium';

const terrarium = await Terrarium.open();
const machine = await terrarium.launch('tiny');
try {
  await machine.writeFile('/root/words.txt', 'pear\napple\nfig\n');
  const { exitCode, stdout, stderr } = await machine.run(['sort', '/root/words.txt']);
  console.log(`sort ended with ${exitCode} and printed:\n${stdout}${stderr}`);

  await machine.sh('wc -l <words.txt >count.txt', { cwd: '/root' });
  console.log(`lines: ${await machine.readFile('/root/count.txt')}`);

  const snapshot = await machine.snapshot(`sorted ${new Date().toISOString()}`);
  console.log(`kept as “${snapshot.name}”`);

  // A machine from that snapshot goes on where this one was.
  const again = await terrarium.run(snapshot.id, ['cat', '/root/count.txt']);
  console.log(`and again: ${again.stdout}`);
} finally {
  await terrarium.close();
}
