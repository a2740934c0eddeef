import { startAuth } from '../../services/auth.ts';

startAuth();
