import { describeSubmissions } from './submitMatrix.mts';

/** In a file of its own, as it takes its time: so it runs beside the small ones. */
describeSubmissions('large');
