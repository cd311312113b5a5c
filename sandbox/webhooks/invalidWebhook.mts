/** Says which field of a webhook can't be used and why. */
export class InvalidWebhook extends Error {
	readonly field: string;

	readonly statusCode = 400;

	constructor(field: string, message: string) {
		super(message);
		this.field = field;
	}
}
