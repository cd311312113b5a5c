import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { packageCounter, showProgress } from '../../../scripts/progress.mjs';

describe('The progress of an installation', () => {
	let folder: string;

	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), 'auditdex-progress-'));
		const packages = {
			'': { name: 'root' },
			'node_modules/a': {},
			'node_modules/a/node_modules/b': {},
			'node_modules/@scope/c': {},
			'node_modules/other-platform': { optional: true },
			'node_modules/nobody-needs': { extraneous: true },
		};
		writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages }));
	});

	afterEach(() => rmSync(folder, { recursive: true }));

	const install = (path: string, ...files: string[]) => {
		mkdirSync(join(folder, path), { recursive: true });
		for (const file of files) writeFileSync(join(folder, path, file), '{}');
	};

	const terminal = (isTTY: boolean) => {
		const written: string[] = [];
		return {
			written,
			stream: { isTTY, write: (text: string | Uint8Array) => written.push(String(text)) > 0 },
		};
	};

	it('counts packages that are in place, of all that must come', () => {
		const howFar = packageCounter(folder);
		expect(howFar()).toBe('0 of 3 packages');
		install('node_modules/a', 'package.json');
		expect(howFar()).toBe('1 of 3 packages');
		// npm makes the folders first.
		install('node_modules/@scope/c');
		install('node_modules/other-platform', 'package.json');
		expect(howFar()).toBe('1 of 3 packages');
		install('node_modules/@scope/c', 'package.json');
		install('node_modules/a/node_modules/b', 'package.json');
		expect(howFar()).toBe('3 of 3 packages');
	});

	it('keeps one line of a terminal up to date, and removes it at the end', async () => {
		const { stream, written } = terminal(true);
		let done = 0;
		const hide = showProgress(() => `${++done} of 9 packages`, stream);
		await expect.poll(() => written.join('')).toContain('2 of 9 packages');
		hide();
		expect(written[0]).toMatch(/1 of 9 packages · 0 s$/);
		expect(written.join('')).not.toContain('\n');
		expect(written.at(-1)).toBe('\r\u001B[2K');
	});

	it('is not shown where the output goes to a file or another program', async () => {
		const { stream, written } = terminal(false);
		let asked = 0;
		const hide = showProgress(() => `${++asked}`, stream);
		hide();
		expect(written).toEqual([]);
		expect(asked).toBe(0);
	});
});
