import { randomBytes } from 'node:crypto';

/** As long as a browser may need to follow a redirect. */
const KEPT_MS = 60_000;

/**
 * Secrets on their way from the form that made them to the page that shows them: the redirect in
 * between carries a word that can be used once, and soon.
 */
export class ShownOnce {
	private readonly secrets = new Map<string, string>();

	/** @returns the word */
	keep(secret: string): string {
		const word = randomBytes(16).toString('base64url');
		this.secrets.set(word, secret);
		setTimeout(() => this.secrets.delete(word), KEPT_MS).unref();
		return word;
	}

	/** @returns undefined the second time */
	take(word = ''): string | undefined {
		const secret = this.secrets.get(word);
		this.secrets.delete(word);
		return secret;
	}
}
