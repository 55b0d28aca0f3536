/** What Express answers at all: the body is parsed and sent back. */
import express from 'express';
import { required } from '../../contender-environment.ts';

const app = express();
app.post('/orders', express.json(), (req, res) => {
  res.status(201).json(req.body);
});
const server = app.listen(Number(required('PORT')), '127.0.0.1');
process.once('SIGTERM', () => server.close(() => process.exit(0)));
