/**
 * n8n's scan of community packages, as its gate runs it, on the sources and on the packed tarball:
 * the vendor's own ESLint set with inline disables off. Unlike its command line, which ends with 0
 * whatever it finds and leaves warnings out, this one fails on either.
 *
 *   findingsIn(folder, patterns)  → what the scan's rules find in an unpacked package or in sources
 *   SOURCES, PUBLISHED            → the files that n8n scans of each
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';

import {
	buildScanConfig,
	SOURCE_FILE_PATTERNS,
} from '@n8n/scan-community-package/scanner/scanner.mjs';
import { ESLint, type Linter } from 'eslint';

import { packPackage } from './n8n/package.mts';

export const SOURCES = SOURCE_FILE_PATTERNS;
/** The scan's own choice for a tarball. */
export const PUBLISHED = ['**/*.js', 'package.json'];

/** One line a finding: file, line, rule and what's wrong; warnings count as much as errors. */
export async function findingsIn(
	folder: string,
	patterns: string[],
): Promise<{ files: number; findings: string[] }> {
	const eslint = new ESLint({
		cwd: folder,
		allowInlineConfig: false,
		overrideConfigFile: true,
		overrideConfig: (await buildScanConfig()) as Linter.Config[],
	});
	const results = await eslint.lintFiles(patterns);
	const findings = results.flatMap(({ filePath, messages }) =>
		messages.map(
			({ line, ruleId, message }) =>
				`${relative(folder, filePath)}:${line} ${ruleId ?? 'not readable'}: ${message}`,
		),
	);
	return { files: results.length, findings };
}

/** Unpacks a tarball into a folder of its own, as npm installs it. */
export async function unpack(tarball: string): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), 'auditdex-tarball-'));
	await promisify(execFile)('tar', ['-xzf', tarball, '-C', folder, '--strip-components=1']);
	return folder;
}

if (import.meta.main) {
	const root = join(import.meta.dirname, '..');
	const unpacked = await unpack(await packPackage());
	const scans = { 'the sources': [root, SOURCES], 'the tarball': [unpacked, PUBLISHED] } as const;
	for (const [what, [folder, patterns]] of Object.entries(scans)) {
		const { files, findings } = await findingsIn(folder, [...patterns]);
		console.log(`n8n's scan of ${what}: ${files} files, ${findings.length} findings`);
		for (const finding of findings) console.log(`  ${finding}`);
		if (findings.length > 0 || files === 0) process.exitCode = 1;
	}
	await rm(unpacked, { recursive: true });
}
