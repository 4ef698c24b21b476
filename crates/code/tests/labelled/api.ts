export default async function handler(req: Request): Promise<Response> {
  const body = await req.json();
  return new Response(body);
}

const routes = new Map<string, () => void>();
export const wrap = <T,>(value: T): T => value;
let counter: number = 0;

@injectable()
export class Service {
  @input() name = "";
  static create(): Service { return new Service(); }
}

type Handler = (e: Event) => void;
