declare module 'rascal' {
  const rascal: { BrokerAsPromised: { create(config: object): Promise<unknown> } };
  export default rascal;
}
