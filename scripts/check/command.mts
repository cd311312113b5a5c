/** How both commands of this folder end. */
import { CannotCheck } from './cannotCheck.mts';

/** The command was called in a way it can't work with; its help is shown then. */
export class UsageError extends Error {}

/** Runs a command to its exit code: what it returns, or 2 where it could not check anything. */
export async function runCommand(main: () => Promise<number>, help: string): Promise<void> {
	try {
		process.exitCode = await main();
	} catch (error) {
		const { code, message } = error as NodeJS.ErrnoException;
		if (error instanceof UsageError || code?.startsWith('ERR_PARSE_ARGS')) {
			console.error(`${message}\n\n${help}`);
		} else if (error instanceof CannotCheck) {
			console.error(message);
		} else {
			throw error;
		}
		process.exitCode = 2;
	}
}
