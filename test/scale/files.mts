import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Writes files of random bytes. @returns their names */
export async function writeFiles(
	folder: string,
	prefix: string,
	count: number,
	bytes: number,
): Promise<string[]> {
	const names = Array.from({ length: count }, (_, index) => `${prefix}-${index}.bin`);
	for (const name of names) await writeFile(join(folder, name), randomBytes(bytes));
	return names;
}
