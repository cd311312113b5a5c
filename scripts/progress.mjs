/**
 * Shows how far an installation is. Plain JavaScript without dependencies, as the bootstrap needs it
 * on Node.js 18.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const EVERY_MS = 500;
const CLEAR_LINE = '\r\u001B[2K';

const count = new Intl.NumberFormat('en');

/**
 * Counts the packages that npm has put in place, of all that the folder's lock file asks for.
 * Optional ones may stay away, and extraneous ones do: neither is counted.
 * @returns a function that says it, e.g. `1,204 of 2,217 packages`
 */
export function packageCounter(folder) {
	const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'));
	const wanted = Object.entries(packages)
		.filter(([path, { optional, extraneous }]) => path !== '' && !optional && !extraneous)
		.map(([path]) => join(folder, path, 'package.json'));
	return () => {
		const done = wanted.filter((file) => existsSync(file)).length;
		return `${count.format(done)} of ${count.format(wanted.length)} packages`;
	};
}

/**
 * Shows, on a terminal, one line that's kept up to date: how far the work is, where that can be told,
 * and how long it has taken. Shows nothing where the output goes to a file or another program.
 * @param howFar e.g. what `packageCounter` returns
 * @returns a function that removes the line
 */
export function showProgress(howFar = () => '', stream = process.stdout) {
	if (!stream.isTTY) return () => {};
	const started = Date.now();
	const show = () => {
		const seconds = `${Math.round((Date.now() - started) / 1_000)} s`;
		stream.write(`${CLEAR_LINE}  ${[howFar(), seconds].filter(Boolean).join(' · ')}`);
	};
	show();
	const timer = setInterval(show, EVERY_MS);
	return () => {
		clearInterval(timer);
		stream.write(CLEAR_LINE);
	};
}
