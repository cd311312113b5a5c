import { describeSubmissions } from './submitMatrix.mts';

describeSubmissions('small');
