/**
 * Stands in for Electron's default app in the runtime that electron-stock.ts makes: loads the app folder (or file)
 * that is the first argument, as `electron FOLDER` does. An ES module, because Electron waits with `ready` until its
 * main module has been evaluated, and the app must be able to register its protocol before that.
 */
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { app } from 'electron';

const wanted = process.argv.slice(1).find((argument) => !argument.startsWith('-'));
if (wanted === undefined) {
  console.error('Usage: electron FOLDER [ARGUMENT...]');
  app.exit(2);
} else {
  await load(path.resolve(wanted));
}

/** @param {string} location */
async function load(location) {
  // Tells the app that its own arguments begin after the folder.
  process.defaultApp = true;
  if (!statSync(location).isDirectory()) {
    app.setAppPath(path.dirname(location));
    await import(pathToFileURL(location).href);
    return;
  }
  const manifest = JSON.parse(readFileSync(path.join(location, 'package.json'), 'utf8'));
  const name = manifest.productName ?? manifest.name;
  if (typeof name === 'string') app.setName(name);
  if (typeof manifest.version === 'string') app.setVersion(manifest.version);
  app.setPath('userData', path.join(app.getPath('appData'), app.getName()));
  app.setAppPath(location);
  await import(pathToFileURL(path.join(location, manifest.main ?? 'index.js')).href);
}
