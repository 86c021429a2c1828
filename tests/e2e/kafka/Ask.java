import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import java.io.BufferedReader;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.ByteBuffer;

import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.requests.RequestUtils;

/**
 * Sends requests as they are written and prints the answers, so that two brokers can be compared
 * to the byte where tools and clients show only a part.
 *
 *     Ask SERVER [MS]  each line of standard input: API VERSION JSON; of standard output: JSON,
 *                      or "closed" where the broker ended the connection. Kafka applies what is
 *                      changed a little later: between two lines the time in ms passes.
 *
 * The JSON is Kafka's own rendering of its messages.
 */
public class Ask {
    private static final String MESSAGES = "org.apache.kafka.common.message.";
    private static final ObjectMapper MAPPER = new ObjectMapper();

    public static void main(String[] arguments) throws Exception {
        String[] server = arguments[0].split(":");
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        Socket socket = null;
        int id = 0;
        int pause = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 0;
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] words = line.split(" ", 3);
            Thread.sleep(pause);
            if (socket == null)
                socket = new Socket(server[0], Integer.parseInt(server[1]));
            socket.setSoTimeout(20000);
            try {
                System.out.println(ask(socket, ++id, ApiKeys.valueOf(words[0]),
                                       Short.parseShort(words[1]), MAPPER.readTree(words[2])));
            } catch (IOException closed) {
                System.out.println("closed");
                socket.close();
                socket = null;
            }
        }
        System.out.flush();
    }

    private static JsonNode ask(Socket socket, int id, ApiKeys api, short version, JsonNode body)
            throws Exception {
        String name = MESSAGES + api.messageType.name;
        Message request = (Message) Class.forName(name + "RequestDataJsonConverter")
            .getMethod("read", JsonNode.class, short.class).invoke(null, body, version);
        RequestHeaderData header = new RequestHeaderData().setRequestApiKey(api.id)
            .setRequestApiVersion(version).setCorrelationId(id).setClientId("ask");
        ByteBuffer frame = RequestUtils.serialize(header, api.requestHeaderVersion(version), request,
                                                  version);
        DataOutputStream out = new DataOutputStream(socket.getOutputStream());
        out.writeInt(frame.remaining());
        out.write(frame.array(), frame.arrayOffset() + frame.position(), frame.remaining());
        out.flush();
        DataInputStream in = new DataInputStream(socket.getInputStream());
        ByteBufferAccessor answer = new ByteBufferAccessor(ByteBuffer.wrap(
            in.readNBytes(in.readInt())));
        new ResponseHeaderData(answer, api.responseHeaderVersion(version));
        Class<?> type = Class.forName(name + "ResponseData");
        Object response = type.getConstructor(org.apache.kafka.common.protocol.Readable.class,
                                              short.class).newInstance(answer, version);
        return (JsonNode) Class.forName(name + "ResponseDataJsonConverter")
            .getMethod("write", type, short.class).invoke(null, response, version);
    }
}
