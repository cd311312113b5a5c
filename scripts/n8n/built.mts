import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const FOLDERS = ['credentials', 'icons', 'nodes'];

/**
 * Whether `dist` is what a build of the sources as they are now would make: each source has its
 * newer output, each copied file is the same, and nothing else is there.
 */
export async function isBuilt(): Promise<boolean> {
	const { mtimeMs: settingsChanged } = await stat(join(root, 'tsconfig.json'));
	const expected = new Set<string>();
	try {
		for (const file of await filesIn(root, FOLDERS)) {
			if (file.endsWith('.ts')) {
				const output = file.replace(/\.ts$/, '.js');
				const changed = Math.max(settingsChanged, (await stat(join(root, file))).mtimeMs);
				if ((await stat(join(root, 'dist', output))).mtimeMs < changed) return false;
				expected.add(output);
			} else {
				const [source, copy] = await Promise.all(
					[file, join('dist', file)].map(async (path) => await readFile(join(root, path))),
				);
				if (!source!.equals(copy!)) return false;
				expected.add(file);
			}
		}
		return (await filesIn(join(root, 'dist'), ['.'])).every((file) => expected.has(file));
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
		throw error;
	}
}

async function filesIn(base: string, folders: string[]): Promise<string[]> {
	const lists = folders.map(async (folder) => {
		const entries = await readdir(join(base, folder), { recursive: true, withFileTypes: true });
		return entries
			.filter((entry) => entry.isFile())
			.map((entry) => join(entry.parentPath, entry.name).slice(base.length + 1));
	});
	return (await Promise.all(lists)).flat();
}
