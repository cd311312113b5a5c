/** The service's clock. With a speed of 60 its minutes pass in seconds: limits, expiry and `Date`. */
export class Clock {
	readonly speed: number;

	private readonly started = Date.now();

	private advancedMs = 0;

	constructor(speed = 1) {
		this.speed = speed;
	}

	/** Epoch milliseconds on the service's clock. */
	now(): number {
		return this.started + this.advancedMs + (Date.now() - this.started) * this.speed;
	}

	/** Lets a span of time pass at once. */
	advance(ms: number): void {
		this.advancedMs += ms;
	}

	/** A moment of the service's clock as ISO 8601, to the second as on the API page. */
	timestamp(): string {
		return `${new Date(this.now()).toISOString().slice(0, 19)}Z`;
	}

	/** How long a span of the service's clock takes in real milliseconds. */
	real(ms: number): number {
		return ms / this.speed;
	}
}
